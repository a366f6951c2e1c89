package simulate

import (
	"encoding/binary"
	"math"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/segment"
)

// A column is one column of a Segment table and how to write it of a row in the
// binary format of COPY.
type column struct {
	segment.Column
	write func(b []byte, r *Row) []byte
}

// text is a column of a string; the empty one is NULL.
func text(name string, of func(*Row) string) column {
	return column{segment.Column{Name: name, Type: segment.TypeText}, func(b []byte, r *Row) []byte {
		return appendText(b, of(r))
	}}
}

// instant is a column of an instant that may be absent.
func instant(name string, of func(*Row) (event.Micros, bool)) column {
	return column{segment.Column{Name: name, Type: segment.TypeTimestamp}, func(b []byte, r *Row) []byte {
		at, ok := of(r)
		if !ok {
			return appendNull(b)
		}
		return appendInstant(b, at)
	}}
}

// appendNull appends NULL.
func appendNull(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff) }

// appendText appends a string, NULL where it is empty.
func appendText(b []byte, s string) []byte {
	if s == "" {
		return appendNull(b)
	}
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// postgresEpoch is 2000-01-01, from which Postgres counts its microseconds.
const postgresEpoch = 946_684_800_000_000

// appendInstant appends a timestamptz.
func appendInstant(b []byte, at event.Micros) []byte {
	b = append(b, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(b, uint64(int64(at)-postgresEpoch))
}

// appendInt appends a bigint.
func appendInt(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(v))
}

// appendBool appends a boolean.
func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 0, 0, 0, 1, 1)
	}
	return append(b, 0, 0, 0, 1, 0)
}

// baseColumns are the columns every table has from its creation.
var baseColumns = []column{
	{segment.Column{Name: "id", Type: segment.TypeID}, func(b []byte, r *Row) []byte { return appendText(b, r.ID) }},
	instant("received_at", func(r *Row) (event.Micros, bool) { return r.ReceivedAt, true }),
	instant("uuid_ts", func(r *Row) (event.Micros, bool) { return r.UUIDTS, true }),
	text("anonymous_id", func(r *Row) string { return r.AnonymousID }),
	text("user_id", func(r *Row) string { return r.UserID }),
	instant("original_timestamp", func(r *Row) (event.Micros, bool) { return r.OriginalTimestamp, r.HasTimestamp }),
	instant("sent_at", func(r *Row) (event.Micros, bool) { return r.SentAt, r.HasSentAt }),
	instant("timestamp", func(r *Row) (event.Micros, bool) { return r.Timestamp, r.HasTimestamp }),
}

// onPage guards the context_page_* columns, which a bare call leaves out.
func onPage(of func(*Row) string) func(*Row) string {
	return func(r *Row) string {
		if r.IsBare {
			return ""
		}
		return of(r)
	}
}

// contextColumns are those that appear in a table with the first value.
var contextColumns = []column{
	text("context_ip", func(r *Row) string { return r.IP }),
	text("context_user_agent", func(r *Row) string { return r.UserAgent }),
	text("context_locale", func(r *Row) string { return r.Locale }),
	text("context_timezone", func(r *Row) string { return r.Timezone }),
	text("context_library_name", func(r *Row) string { return r.LibraryName }),
	text("context_library_version", func(r *Row) string { return r.LibraryVersion }),
	text("context_campaign_name", func(r *Row) string { return r.CampaignName }),
	text("context_campaign_source", func(r *Row) string { return r.CampaignSource }),
	text("context_campaign_medium", func(r *Row) string { return r.CampaignMedium }),
	text("context_campaign_term", func(r *Row) string { return r.CampaignTerm }),
	text("context_campaign_content", func(r *Row) string { return r.CampaignContent }),
	text("context_campaign_"+misspeltParameters[0], misspeltAs(0)),
	text("context_campaign_"+misspeltParameters[1], misspeltAs(1)),
	text("context_page_url", onPage(func(r *Row) string { return r.URL })),
	text("context_page_path", onPage(func(r *Row) string { return r.Path })),
	text("context_page_referrer", onPage(func(r *Row) string { return r.Referrer })),
	text("context_page_title", onPage(func(r *Row) string { return r.Title })),
	text("context_page_search", onPage(func(r *Row) string { return r.Search })),
}

// misspeltAs is the value of one misspelt campaign field.
func misspeltAs(i int) func(*Row) string {
	return func(r *Row) string {
		if r.CampaignMisspelt == misspeltParameters[i] {
			return r.MisspeltSource
		}
		return ""
	}
}

// columnsOf are all columns a table may come to have: first those of its creation,
// then those that appear with their first value.
func columnsOf(table string) (all []column, created int) {
	all = append(all, baseColumns...)
	switch table {
	case segment.Pages, segment.Screens, segment.Identifies:
	case segment.Aliases:
		all = append(all, text("previous_id", func(r *Row) string { return r.PreviousID }))
	default:
		all = append(all,
			text("event", func(r *Row) string { return r.Event }),
			text("event_text", func(r *Row) string { return r.EventText }))
	}
	created = len(all)
	all = append(all, contextColumns...)
	switch table {
	case segment.Pages:
		all = append(all,
			text("name", func(r *Row) string { return r.Name }),
			text("path", func(r *Row) string { return r.Path }),
			text("referrer", func(r *Row) string { return r.Referrer }),
			text("search", func(r *Row) string { return r.Search }),
			text("title", func(r *Row) string { return r.Title }),
			text("url", func(r *Row) string { return r.URL }))
	case segment.Screens:
		all = append(all, text("name", func(r *Row) string { return r.Name }))
	case segment.Identifies:
		all = append(all,
			text("email", func(r *Row) string { return r.Email }),
			text("plan", func(r *Row) string { return r.Plan }))
	case segment.Tracks, segment.Aliases:
	default: // an event's own table has its properties besides
		all = append(all, text("plan", func(r *Row) string { return r.Plan }), column{
			segment.Column{Name: "revenue", Type: segment.TypeDouble},
			func(b []byte, r *Row) []byte {
				return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), math.Float64bits(r.Revenue))
			},
		})
	}
	return all, created
}
