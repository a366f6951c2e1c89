package segment

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/attribution-dev/attribution/internal/event"
)

const (
	// maxIDBytes is the longest messageId taken as it is, the size of the column.
	maxIDBytes = 1024
	// maxDepth is how deep objects are flattened; below it they become JSON text.
	maxDepth = 16
	// maxNodes bounds the key paths remembered, against data in keys.
	maxNodes = 100_000
	// maxEventTables is the most event tables a schema may get. Segment does not
	// allow an unbounded number either; events beyond are in tracks only.
	maxEventTables = 1000
)

// A parser turns messages into rows of tables. It is used by one goroutine.
type parser struct {
	json    fastjson.Parser
	schema  *schemaState
	repairs Repairs
	text    []byte // scratch of repair
	scratch []byte // scratch of valueOf

	roots [3]*node // by rootContext, rootBody, rootTop
	nodes int

	badFields     map[string]int64
	noEventTable  map[string]int64
	madeUpIDs     int64
	messages      int64
	receivedAtGap int64 // messages without a usable receivedAt
}

const (
	rootContext = iota
	rootBody    // properties and traits
	rootTop     // the message's own name and category
)

func newParser(s *schemaState) *parser {
	return &parser{
		schema: s, badFields: map[string]int64{}, noEventTable: map[string]int64{},
		roots: [3]*node{{name: "context"}, {}, {}},
	}
}

// message takes in one message. It returns a reason where it cannot.
func (p *parser) message(j *fastjson.Value, raw []byte, outer *fastjson.Value) (Reason, string) {
	o, err := j.Object()
	if err != nil {
		return NotAnObject, j.Type().String()
	}
	var f fields
	f.read(o)
	p.scratch = p.scratch[:0]
	if f.kind == nil {
		return NoType, ""
	}
	kind, _ := f.kind.StringBytes()
	main := p.schema.mainTable(strings.ToLower(string(kind)))
	if main == nil {
		return UnknownType, shorten(string(kind))
	}
	if outer != nil {
		if f.sentAt == nil {
			f.sentAt = outer.Get("sentAt")
		}
		if f.receivedAt == nil {
			f.receivedAt = outer.Get("receivedAt")
		}
	}
	user, anonymous := p.textField("userId", f.userID), p.textField("anonymousId", f.anonymousID)
	if event.Trim(string(user.text)) == "" && event.Trim(string(anonymous.text)) == "" {
		return NoIdentifier, ""
	}
	id := p.messageID(f.messageID, j, raw)
	times := p.times(&f)

	var targets [2]*table
	targets[0] = main
	body := f.properties
	switch main.name {
	case Tracks:
		if name := p.textField("event", f.event); len(name.text) > 0 {
			slug := Slug(string(name.text))
			targets[1] = p.eventTable(slug)
			for _, t := range targets {
				if t != nil {
					p.setBase(t, "event", &value{kind: kindText, text: []byte(slug)})
					p.setBase(t, "event_text", &name)
				}
			}
		}
	case Identifies:
		body = f.traits
		if len(user.text) > 0 && len(user.text) <= maxIDBytes {
			targets[1] = p.schema.table(Users)
		}
	case Aliases:
		body = f.traits
		if previous := p.textField("previousId", f.previousID); len(previous.text) > 0 {
			p.setBase(main, "previous_id", &previous)
		}
	case Groups:
		body = f.traits
		if group := p.textField("groupId", f.groupID); len(group.text) > 0 {
			p.setBase(main, "group_id", &group)
		}
	case Pages, Screens:
		p.set(targets[:1], p.child(p.roots[rootTop], "name", true), f.name, layerTop)
		p.set(targets[:1], p.child(p.roots[rootTop], "category", true), f.category, layerTop)
	}
	p.objectField("context", f.context, targets[:], p.roots[rootContext], layerContext)
	if main.name == Tracks { // tracks itself has no properties
		p.objectField("properties", body, targets[1:], p.roots[rootBody], layerBody)
	} else {
		p.objectField("properties or traits", body, targets[:], p.roots[rootBody], layerBody)
	}
	idValue := value{kind: kindText, text: []byte(id)}
	for _, t := range targets {
		if t == nil {
			continue
		}
		if t.name == Users {
			p.setBase(t, "id", &user)
		} else {
			p.setBase(t, "id", &idValue)
			if len(user.text) > 0 {
				p.setBase(t, "user_id", &user)
			}
			if len(anonymous.text) > 0 {
				p.setBase(t, "anonymous_id", &anonymous)
			}
		}
		p.finish(t, id, &times)
	}
	return "", ""
}

// finish sets the instants of a row and ends it.
func (p *parser) finish(t *table, id string, times *messageTimes) {
	var patched [2]*column
	n := 0
	for i := range times.at {
		at := &times.at[i]
		if !at.ok || t.name == Users && i != timeReceived {
			continue
		}
		c := p.setBase(t, timeColumns[i], &value{kind: kindTime, i: int64(at.at)})
		if at.isLoadTime {
			patched[n] = c
			n++
		}
	}
	if t.columns["uuid_ts"] == nil { // a table of someone else's making; the writer fills it
		t.column("uuid_ts", nil, p.schema.added)
	}
	p.schema.pendingBytes += t.finish(id, patched[:n]...)
	p.schema.pendingRows++
}

// setBase sets a column the table has of itself.
func (p *parser) setBase(t *table, name string, v *value) *column {
	c := t.columns[name]
	if c == nil {
		if c = t.column(name, v, p.schema.added); c == nil {
			t.dropped++
			return discard
		}
	}
	t.set(c, v, layerBase)
	return c
}

// textField is the text of an identifier or name, given as a string or, by
// mistake, as a number. Anything else is a bad field.
func (p *parser) textField(name string, j *fastjson.Value) value {
	if j == nil {
		return value{}
	}
	var v value
	v, p.scratch = valueOf(j, p.scratch)
	switch v.kind {
	case kindText, kindInt, kindFloat, kindBig:
		return value{kind: kindText, text: v.text}
	default:
		p.badFields[name]++
		return value{}
	}
}

// messageID is the message's own id, or one made of its text.
func (p *parser) messageID(field, message *fastjson.Value, raw []byte) string {
	if v := p.textField("messageId", field); len(v.text) > maxIDBytes {
		p.badFields["messageId"]++
	} else if len(v.text) > 0 {
		return string(v.text)
	}
	p.madeUpIDs++
	if raw == nil { // one of several in a line
		raw = message.MarshalTo(nil)
	}
	sum := md5.Sum(raw)
	return "api-md5:" + hex.EncodeToString(sum[:])
}

// eventTable is the table of an event, or nil where it cannot have one.
func (p *parser) eventTable(slug string) *table {
	t, reason := p.schema.eventTable(slug)
	if reason != "" {
		p.noEventTable[reason]++
	}
	return t
}

// objectField flattens a context, properties or traits object into the targets.
func (p *parser) objectField(name string, j *fastjson.Value, targets []*table, root *node, layer uint8) {
	if j == nil {
		return
	}
	o, err := j.Object()
	if err != nil {
		p.badFields[name]++
		return
	}
	p.flatten(o, targets, root, layer, 0)
}

func (p *parser) flatten(o *fastjson.Object, targets []*table, n *node, layer uint8, depth int) {
	isRoot := depth == 0 && layer == layerBody
	o.Visit(func(key []byte, v *fastjson.Value) {
		c := n.children[string(key)]
		if c == nil {
			c = p.child(n, string(key), isRoot)
		}
		if v.Type() == fastjson.TypeObject && depth < maxDepth {
			p.flatten(v.GetObject(), targets, c, layer, depth+1)
			return
		}
		p.set(targets, c, v, layer)
	})
}

// child is the node of a key, forgetting all nodes when there are too many.
func (p *parser) child(n *node, key string, isRoot bool) *node {
	if p.nodes > maxNodes {
		for _, root := range p.roots {
			root.children = nil
		}
		p.nodes = 0
	}
	p.nodes++
	return n.child([]byte(key), isRoot)
}

// set puts one value into its column of every target.
func (p *parser) set(targets []*table, n *node, j *fastjson.Value, layer uint8) {
	if j == nil {
		return
	}
	var v value
	v, p.scratch = valueOf(j, p.scratch)
	if v.kind == kindNull {
		return
	}
	for _, t := range targets {
		if t == nil {
			continue
		}
		if c := n.columnFor(t, &v, layer == layerBody, p.schema.added); c != nil {
			t.set(c, &v, layer)
		}
	}
}
