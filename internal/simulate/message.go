package simulate

import (
	"strconv"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// AppendJSON appends the row as Segment's raw message, one line of JSON without the
// newline: the form of its archives and webhooks.
func (r *Row) AppendJSON(b []byte) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, r.Kind.String()...)
	b = append(b, `","messageId":`...)
	b = appendQuoted(b, r.ID)
	b = appendField(b, "anonymousId", r.AnonymousID)
	b = appendField(b, "userId", r.UserID)
	b = appendField(b, "previousId", r.PreviousID)
	switch r.Kind {
	case event.Track:
		b = appendField(b, "event", r.EventText)
		b = append(b, `,"properties":{`...)
		if r.SignupTable != "" {
			b = append(b, `"plan":`...)
			b = appendQuoted(b, r.Plan)
			b = append(b, `,"revenue":`...)
			b = strconv.AppendFloat(b, r.Revenue, 'f', -1, 64)
		}
		b = append(b, '}')
	case event.Identify:
		b = append(b, `,"traits":{"email":`...)
		b = appendQuoted(b, r.Email)
		b = appendField(b, "plan", r.Plan)
		b = append(b, '}')
	case event.Page:
		b = appendField(b, "name", r.Name)
		b = append(b, `,"properties":`...)
		b = r.appendPage(b, r.Name)
	case event.Screen:
		b = appendField(b, "name", r.Name)
		b = append(b, `,"properties":{}`...)
	}
	b = r.appendContext(append(b, `,"context":{`...))
	b = append(b, '}')
	if r.HasTimestamp {
		b = appendTime(append(b, `,"originalTimestamp":`...), r.OriginalTimestamp)
	}
	if r.HasSentAt {
		b = appendTime(append(b, `,"sentAt":`...), r.SentAt)
	}
	b = appendTime(append(b, `,"receivedAt":`...), r.ReceivedAt)
	if r.HasTimestamp {
		b = appendTime(append(b, `,"timestamp":`...), r.Timestamp)
	}
	return append(b, `,"version":2}`...)
}

// appendContext appends the members of the context.
func (r *Row) appendContext(b []byte) []byte {
	b = append(b, `"library":{"name":`...)
	b = appendQuoted(b, r.LibraryName)
	b = append(appendField(b, "version", r.LibraryVersion), '}')
	b = appendField(b, "ip", r.IP)
	b = appendField(b, "userAgent", r.UserAgent)
	b = appendField(b, "locale", r.Locale)
	b = appendField(b, "timezone", r.Timezone)
	if r.URL != "" && !r.IsBare {
		b = r.appendPage(append(b, `,"page":`...), "")
	}
	from := len(b)
	b = append(b, `,"campaign":`...)
	open := len(b)
	b = appendField(b, "name", r.CampaignName)
	b = appendField(b, "source", r.CampaignSource)
	b = appendField(b, "medium", r.CampaignMedium)
	b = appendField(b, "term", r.CampaignTerm)
	b = appendField(b, "content", r.CampaignContent)
	b = appendField(b, r.CampaignMisspelt, r.MisspeltSource)
	if len(b) == open {
		return b[:from]
	}
	b[open] = '{' // in place of the first comma
	return append(b, '}')
}

// appendPage appends the page as an object, with its name where it is given.
func (r *Row) appendPage(b []byte, name string) []byte {
	b = append(b, `{"url":`...)
	b = appendQuoted(b, r.URL)
	b = appendField(b, "path", r.Path)
	b = appendField(b, "referrer", r.Referrer)
	b = appendField(b, "search", r.Search)
	b = appendField(b, "title", r.Title)
	return append(appendField(b, "name", name), '}')
}

// appendField appends a comma, a name and a value; nothing where the value is empty.
func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	return appendQuoted(append(b, '"', ':'), value)
}

// appendTime appends an instant as Segment writes it: in UTC, to the millisecond.
func appendTime(b []byte, at event.Micros) []byte {
	b = append(b, '"')
	b = time.UnixMicro(int64(at)).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	return append(b, '"')
}

// appendQuoted appends a string of JSON.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' { // our own strings are valid UTF-8
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		if c < ' ' {
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			continue
		}
		b = append(b, '\\', c)
	}
	return append(append(b, s[from:]...), '"')
}
