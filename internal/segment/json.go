package segment

import (
	"strings"

	"github.com/valyala/fastjson"
)

// A Reason says why a line, or one message of it, was not taken in.
type Reason string

// The reasons.
const (
	BadJSON      Reason = "not JSON"
	NotAnObject  Reason = "not a JSON object"
	NoType       Reason = "no type"
	UnknownType  Reason = "unknown type"
	NoIdentifier Reason = "neither anonymousId nor userId"
	TooLong      Reason = "longer than 32 MB"
	TooDeep      Reason = "messages nested in messages"
)

// line takes in one line: a message, a list of messages, or a request body that
// holds a batch of them. Each message that cannot be taken in goes to bad.
func (p *parser) line(raw []byte, bad func(Reason, string)) {
	text, scratch := repair(raw, p.text, &p.repairs)
	p.text = scratch
	j, err := p.json.ParseBytes(text)
	if err != nil {
		bad(BadJSON, shorten(err.Error()))
	} else {
		p.document(j, raw, nil, 0, bad)
	}
	if len(raw) > 1<<20 { // let go of what one enormous line took
		p.json, p.text, p.scratch = fastjson.Parser{}, nil, nil
	}
}

// document takes in a message or what holds several. Of several, outer is the
// request body, whose sentAt and receivedAt are those of its messages.
func (p *parser) document(j *fastjson.Value, raw []byte, outer *fastjson.Value, depth int, bad func(Reason, string)) {
	if depth > 2 {
		bad(TooDeep, "")
		return
	}
	list := j
	switch j.Type() {
	case fastjson.TypeObject:
		list = j.Get("batch")
		if list == nil || list.Type() != fastjson.TypeArray || j.Exists("messageId") {
			p.messages++
			if reason, detail := p.message(j, raw, outer); reason != "" {
				bad(reason, detail)
			}
			return
		}
		outer = j
	case fastjson.TypeArray:
	default:
		bad(NotAnObject, j.Type().String())
		return
	}
	for _, m := range list.GetArray() {
		p.document(m, nil, outer, depth+1, bad)
	}
}

// fields are the top-level values of a message, the last of each name winning.
type fields struct {
	kind, messageID, anonymousID, userID, previousID, groupID *fastjson.Value
	event, name, category, context, properties, traits        *fastjson.Value
	originalTimestamp, sentAt, receivedAt, timestamp          *fastjson.Value
}

func (f *fields) read(o *fastjson.Object) {
	o.Visit(func(key []byte, v *fastjson.Value) {
		if v.Type() == fastjson.TypeNull {
			return
		}
		switch string(key) {
		case "type":
			f.kind = v
		case "messageId":
			f.messageID = v
		case "anonymousId":
			f.anonymousID = v
		case "userId":
			f.userID = v
		case "previousId":
			f.previousID = v
		case "groupId":
			f.groupID = v
		case "event":
			f.event = v
		case "name":
			f.name = v
		case "category":
			f.category = v
		case "context":
			f.context = v
		case "properties":
			f.properties = v
		case "traits":
			f.traits = v
		case "originalTimestamp":
			f.originalTimestamp = v
		case "sentAt":
			f.sentAt = v
		case "receivedAt":
			f.receivedAt = v
		case "timestamp":
			f.timestamp = v
		}
	})
}

// shorten keeps a detail fit for one line of a log.
func shorten(s string) string {
	const most = 120
	s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s[:min(len(s), most)]), "")
	return s
}
