// Package script reads the language in which the project's behaviour is written
// down: what arrives night by night, and what the published tables then say. Any
// implementation can be held to the same scripts; internal/pipeline runs those in
// its testdata/scenarios against the nightly path, the full path and the reference
// SQL.
//
//	// A line that begins with two slashes is a comment.
//
//	# A visitor who comes back after half an hour begins a second session
//	set session_gap=20m
//	load
//	  09:00  page   anon=a1 url=https://shop.example/?utm_source=news&utm_medium=email
//	  09:40  page   anon=a1 url=https://shop.example/pricing
//	  09:41  track  anon=a1 user=u1 event="Signed Up"
//	expect sessions
//	  person   index  start  end    events
//	  user:u1  1      09:00  09:00  1
//	  user:u1  2      09:40  09:41  2
//	expect attribution
//	  person   signup  sessions  first.source  last.source
//	  user:u1  09:41   2         news          (direct)
//	night
//	load
//	  09:20  page  anon=a1 received=2024-03-02 10:00
//	expect sessions
//	  person   index  start  end    events
//	  user:u1  1      09:00  09:41  4
//
// # Grammar
//
// A line that is not indented is a statement; indented lines belong to the block
// above them. Blank lines mean nothing.
//
//	file      = { case } .
//	case      = "#" title { statement } .
//	statement = "set" key "=" value           // to the end of the line
//	          | "day" date
//	          | "forget" person
//	          | "delete" id
//	          | "load" { row }
//	          | "expect" table [ "of" person ] ( "none" | header { cells } )
//	          | "night" [ time ] .
//	row       = time kind { key "=" value } .
//	kind      = "page" | "screen" | "track" | "identify" | "alias" .
//	table     = "sessions" | "useful" | "touches" | "attribution" | "aliases" .
//	header    = column { column } .
//	cells     = value { value } .             // as many as there are columns
//	person    = ( "user:" | "anon:" ) identifier .
//	time      = [ date " " ] hh ":" mm [ ":" ss [ "." fraction ] ] .
//	date      = yyyy "-" mm "-" dd .
//	value     = word | string .
//
// A word ends at a blank; a string is quoted as in Go. The word - is NULL. All
// times are UTC. A time without a date is one of the day: 2024-03-01 until a day
// statement of the case says otherwise for the lines after it.
//
// # Nights
//
// A case begins in its first night; "night" begins the next. What is loaded, set and
// expected belongs to the night it is written under: its rows arrive, everything is
// run, then every expectation of the night is checked. A night without rows is a run
// that finds nothing new. A setting, any key of the configuration file (dots between
// its levels, lists as [A, B]), stays in force for later nights.
//
// Before a night's rows arrive the rows of the ids its delete statements name are
// deleted at the sources, of every kind and copy, which its run is told to look for;
// then the persons of its forget statements are forgotten.
//
// The run's clock is the time after "night", at least an hour after the night before
// and after everything received; by default 03:00 of the day after the night's last
// received_at, and at least a day after the night before.
//
// # Rows
//
// The time is both timestamp and received_at of the row; the row is loaded a minute
// before the night's clock, whatever its times. Keys, each at most once:
//
//	anon, user            anonymous_id, user_id
//	previous              previous_id, of an alias row
//	id                    the row's id; by default r0001, r0002, … in the order written
//	source                the Segment source, a schema; by default website
//	received              received_at
//	timestamp             timestamp; also infinity, -infinity
//	agent                 context_user_agent
//	url, ref              context_page_url, context_page_referrer
//	page.url, page.ref    url and referrer, of a page row
//	event                 event_text of a track row, and event in snake case
//	slug                  event of a track row
//	campaign.source       context_campaign_source; so .medium, .name, .term, .content
//
// # Expectations
//
// The rows must be all the table has, or all it has of the person, and in order:
// by person (bytes of the identifier, an anonymous one before a user of the same
// text), then by index, kind or position; aliases by id. Only the named columns are
// compared. A column goes by its own name or by a shorter one; booleans are yes and
// no; person is user:ID or anon:ID.
//
//	sessions, useful   index start end events pages entry exit referrer source medium
//	                   campaign term content channel paid; sessions: signup, bots; useful: kind
//	touches            position at source medium campaign term content referrer landing
//	                   click channel paid before
//	attribution        signup sessions blog first_page, and for each of first, last,
//	                   first_paid, last_paid: .at .source .medium .campaign .referrer
//	                   .channel .landing
//	aliases            id (user:ID or anon:ID) and the person it belongs to; shared.
//	                   Devices that are no user's are not listed, unless shared
package script
