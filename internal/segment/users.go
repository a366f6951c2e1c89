package segment

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
)

// stagingTable holds the users of a batch until they are merged into users.
var stagingTable = pgx.Identifier{"pg_temp", "attribution_load_users"}

// users brings the users table to the latest state: of each column the value of
// the identify call received last that had one. Calls loaded before do not count
// again, so that loading a file twice changes nothing.
func (w *writer) users(ctx context.Context, tx pgx.Tx, t *batchTable, isNew map[string]bool, at event.Micros) (int64, error) {
	folded := foldUsers(t, isNew)
	if len(folded.rows) == 0 {
		return 0, nil
	}
	users := pgx.Identifier{w.schema, Users}.Sanitize()
	staging := stagingTable.Sanitize()
	exec := func(sql string) (int64, error) {
		tag, err := tx.Exec(ctx, sql, pgx.QueryExecModeExec)
		return tag.RowsAffected(), err
	}
	if _, err := exec("CREATE TEMPORARY TABLE " + staging + " (LIKE " + users + ") ON COMMIT DROP"); err != nil {
		return 0, err
	}
	source := &copySource{table: folded, skip: make([]bool, len(folded.rows)), loadedAt: at, next: -1}
	if err := copyInto(ctx, tx, stagingTable, source); err != nil {
		return 0, err
	}
	var names, sets []string
	for _, c := range append([]*column{{name: "uuid_ts"}}, folded.slots...) {
		name := quote(c.name)
		names = append(names, name)
		switch c.name {
		case "id":
		case "uuid_ts":
			sets = append(sets, name+" = n."+name)
		case "received_at":
			sets = append(sets, name+" = greatest(u."+name+", n."+name+")")
		default:
			sets = append(sets, fmt.Sprintf("%[1]s = CASE WHEN n.received_at >= u.received_at OR u.received_at IS NULL "+
				"THEN coalesce(n.%[1]s, u.%[1]s) ELSE coalesce(u.%[1]s, n.%[1]s) END", name))
		}
	}
	updated, err := exec("UPDATE " + users + " u SET " + strings.Join(sets, ", ") + " FROM " + staging + " n WHERE u.id = n.id")
	if err != nil {
		return 0, err
	}
	list := strings.Join(names, ", ")
	inserted, err := exec("INSERT INTO " + users + " (" + list + ") SELECT " + list + " FROM " + staging + " n" +
		" WHERE NOT EXISTS (SELECT 1 FROM " + users + " u WHERE u.id = n.id)")
	if err != nil {
		return 0, err
	}
	// A batch that is tried again must find no staging table, and a later one in the
	// same session neither: ON COMMIT DROP and the rollback see to both.
	return updated + inserted, nil
}

// foldUsers makes one row of all rows of a user, taking only those of new identify
// calls. Rows are folded in the order of received_at, then of the file.
func foldUsers(t *batchTable, isNew map[string]bool) *batchTable {
	idSlot := slices.IndexFunc(t.slots, func(c *column) bool { return c.name == "id" })
	receivedSlot := slices.IndexFunc(t.slots, func(c *column) bool { return c.name == "received_at" })
	type state struct {
		receivedAt int64
		cells      [][]byte // encoded with their length; nil is NULL
	}
	var rows []state
	seen := map[string]bool{}
	for _, row := range t.rows {
		if !isNew[row.id] || seen[row.id] { // a repeated messageId counts once
			continue
		}
		seen[row.id] = true
		cells := t.cellsOf(row, len(t.slots))
		rows = append(rows, state{int64(binary.BigEndian.Uint64(cells[receivedSlot][4:])), cells})
	}
	slices.SortStableFunc(rows, func(a, b state) int {
		switch {
		case a.receivedAt < b.receivedAt:
			return -1
		case a.receivedAt > b.receivedAt:
			return 1
		}
		return 0
	})
	byUser := map[string][][]byte{}
	var order []string
	for _, r := range rows {
		user := string(r.cells[idSlot])
		merged := byUser[user]
		if merged == nil {
			order = append(order, user)
			byUser[user] = r.cells
			continue
		}
		for i, cell := range r.cells {
			if cell != nil {
				merged[i] = cell
			}
		}
	}
	folded := &batchTable{name: t.name, slots: t.slots}
	for _, user := range order {
		from := len(folded.buf)
		for _, cell := range byUser[user] {
			if cell == nil {
				cell = []byte{0xff, 0xff, 0xff, 0xff}
			}
			folded.buf = append(folded.buf, cell...)
		}
		folded.rows = append(folded.rows, batchRow{from: from, to: len(folded.buf), fields: len(t.slots)})
	}
	return folded
}

// cellsOf takes a row apart.
func (t *batchTable) cellsOf(row batchRow, columns int) [][]byte {
	cells := make([][]byte, columns)
	buf := t.buf[row.from:row.to]
	for i := range row.fields {
		n := int32(binary.BigEndian.Uint32(buf))
		end := 4 + max(int(n), 0)
		if n >= 0 {
			cells[i] = buf[:end:end]
		}
		buf = buf[end:]
	}
	return cells
}
