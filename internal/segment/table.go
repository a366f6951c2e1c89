package segment

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/attribution-dev/attribution/internal/event"
)

// A codec says how a column's values are written in binary COPY.
type codec uint8

const (
	codecNone codec = iota // a type the loader does not write: every value is a misfit
	codecText
	codecTime
	codecInt2
	codecInt4
	codecInt8
	codecFloat4
	codecFloat8
	codecBool
	codecJSON
	codecJSONB
)

// codecOf maps a type, as format_type or we ourselves write it, to its codec and
// the most characters it holds (0: any number).
func codecOf(typ string) (c codec, maxChars int) {
	name, length, hasLength := strings.Cut(typ, "(")
	if hasLength {
		maxChars, _ = strconv.Atoi(strings.TrimSuffix(length, ")"))
	}
	switch name {
	case "text", "varchar", "character varying", "citext":
		return codecText, maxChars
	case TypeTimestamp, "timestamp with time zone", "timestamp without time zone", "timestamp":
		return codecTime, 0
	case "smallint":
		return codecInt2, 0
	case "integer":
		return codecInt4, 0
	case TypeBigint:
		return codecInt8, 0
	case "real":
		return codecFloat4, 0
	case TypeDouble:
		return codecFloat8, 0
	case TypeBoolean:
		return codecBool, 0
	case "json":
		return codecJSON, 0
	case "jsonb":
		return codecJSONB, 0
	default:
		return codecNone, 0
	}
}

// A column is a column of a table being loaded.
type column struct {
	name      string
	typ       string
	codec     codec
	maxChars  int
	slot      int   // its place in rows, or -1 while no value has been met
	misfits   int64 // values that did not fit its type, lost as NULL
	discarded bool  // stands for a reserved or surplus name: its values are dropped
}

// maxRowWidth is what the fixed part of a row may take by the estimate of set, so
// that it fits a page of 8,160 bytes with every long value moved out to TOAST.
const maxRowWidth = 7000

// A table is what the loader knows of one table, and the row and rows in the making.
type table struct {
	index   int // among all tables; into node.columns
	name    string
	isNew   bool // not in the database when loading began
	columns map[string]*column
	slots   []*column // columns in the order in which they got a value
	dropped int64     // values of columns beyond MaxColumns and of rows grown too wide

	cells []cell // the row in the making, by slot
	arena []byte
	width int

	batch tableBatch
}

// A cell is one value of the row in the making: its encoded bytes in the arena.
type cell struct {
	from, to int
	layer    uint8 // 0: none
}

// The layers of a message, of which an earlier one wins a column from a later one.
// Within one layer the later value wins, as with duplicate keys in JSON.
const (
	layerBase uint8 = iota + 1
	layerContext
	layerTop
	layerBody
)

// A tableBatch holds rows in the order in which they came, encoded but for their
// count of fields, uuid_ts, and the NULLs of columns met after them.
type tableBatch struct {
	buf     []byte
	rows    []batchRow
	patches []int // offsets of instants to be replaced by the time of loading
}

type batchRow struct {
	from, to int
	fields   int
	id       string // the row's id; for users that of the identify call
}

func (b *tableBatch) reset() {
	const keep = 32 << 20 // one enormous line must not pin its memory for ever
	if cap(b.buf) > keep {
		b.buf = nil
	}
	clear(b.rows) // lets go of the ids
	b.buf, b.rows, b.patches = b.buf[:0], b.rows[:0], b.patches[:0]
}

// column finds a column by name, creating it with the type of a first value where
// it does not exist. It returns nil where the table is full.
func (t *table) column(name string, v *value, added func(*table, *column)) *column {
	c := t.columns[name]
	if c == nil {
		if len(t.columns) >= MaxColumns {
			return nil
		}
		typ := FixedType(t.name, name)
		if typ == "" {
			typ = inferType(v)
		}
		c = newColumn(name, typ)
		t.columns[name] = c
		added(t, c)
	}
	return c
}

func newColumn(name, typ string) *column {
	c := &column{name: name, typ: typ, slot: -1}
	c.codec, c.maxChars = codecOf(typ)
	return c
}

// set puts a value into the row in the making.
func (t *table) set(c *column, v *value, layer uint8) {
	if c.slot >= 0 {
		if has := t.cells[c.slot].layer; has != 0 && has < layer {
			return
		}
	}
	from := len(t.arena)
	arena, ok := appendValue(t.arena, c, v)
	if !ok {
		c.misfits++
		return
	}
	t.arena = arena
	width := min(len(arena)-from, 24)
	if t.width+width > maxRowWidth && layer != layerBase {
		t.arena = arena[:from]
		t.dropped++
		return
	}
	t.width += width
	if c.slot < 0 {
		c.slot = len(t.slots)
		t.slots = append(t.slots, c)
		t.cells = append(t.cells, cell{})
	}
	t.cells[c.slot] = cell{from, len(arena), layer}
}

// finish moves the row in the making to the batch. Columns in loadTime, which the
// row has as instants, get the time of loading once it is known.
// It returns the size of the row.
func (t *table) finish(id string, loadTime ...*column) int {
	b := &t.batch
	from := len(b.buf)
	fields := 0
	for i := range t.cells {
		c := &t.cells[i]
		if c.layer == 0 {
			b.buf = append(b.buf, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		for _, l := range loadTime {
			if l.slot == i {
				b.patches = append(b.patches, len(b.buf)+4)
			}
		}
		b.buf = append(b.buf, t.arena[c.from:c.to]...)
		fields = i + 1
		c.layer = 0
	}
	b.buf = b.buf[:len(b.buf)-4*(len(t.cells)-fields)] // trailing NULLs are added when sent
	b.rows = append(b.rows, batchRow{from, len(b.buf), fields, id})
	t.arena, t.width = t.arena[:0], 0
	if cap(t.arena) > 4<<20 {
		t.arena = nil
	}
	return len(b.buf) - from
}

// stampLoadTime writes the time of loading where rows have no better instant.
func (b *tableBatch) stampLoadTime(at event.Micros) {
	for _, offset := range b.patches {
		binary.BigEndian.PutUint64(b.buf[offset:], uint64(int64(at)-postgresEpoch))
	}
}

// A node is a key path inside context, properties or traits, with what it means
// for each table, so that names are slugged once.
type node struct {
	name     string
	children map[string]*node
	columns  []*column // by table.index; nil: not looked up yet
}

// discard stands in node.columns for a name whose values are dropped.
var discard = &column{discarded: true, slot: -1}

// child is the node of a key inside n.
func (n *node) child(key []byte, isRoot bool) *node {
	if c := n.children[string(key)]; c != nil {
		return c
	}
	c := &node{name: childName(n.name, string(key), isRoot)}
	if n.children == nil {
		n.children = map[string]*node{}
	}
	n.children[string(key)] = c
	return c
}

// columnFor is the column of the node in the table; nil where its value is dropped.
func (n *node) columnFor(t *table, v *value, reserved bool, added func(*table, *column)) *column {
	for len(n.columns) <= t.index {
		n.columns = append(n.columns, nil)
	}
	c := n.columns[t.index]
	if c == nil {
		if n.name == "" || reserved && IsReserved(t.name, n.name) {
			c = discard
		} else if c = t.column(n.name, v, added); c == nil {
			t.dropped++
			return nil
		}
		n.columns[t.index] = c
	}
	if c.discarded {
		return nil
	}
	return c
}
