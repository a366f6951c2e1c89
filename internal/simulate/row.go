package simulate

import "github.com/attribution-dev/attribution/internal/event"

// A Row is one Segment call, with the columns Segment's tables have. An empty string
// is NULL; whether an instant is, its Has field says. A row with SignupTable set is in that event's own
// table besides tracks.
type Row struct {
	Kind        event.Kind
	Source      int  // index in Options.Sources
	IsDuplicate bool // the same call once more, received later
	Unit        uint32

	ID          string
	AnonymousID string
	UserID      string
	PreviousID  string // aliases

	ReceivedAt        event.Micros
	UUIDTS            event.Micros // when Segment loaded it: later than ReceivedAt
	OriginalTimestamp event.Micros
	SentAt            event.Micros
	Timestamp         event.Micros
	HasTimestamp      bool // false: Timestamp and OriginalTimestamp are NULL
	HasSentAt         bool

	Event, EventText string // tracks
	SignupTable      string // slug of the event, where it is a signup
	Plan             string // property of a signup, trait of an identify
	Revenue          float64
	Email            string // trait of an identify

	Name                             string // pages and screens
	URL, Path, Referrer, Search      string // the page the call was made on
	Title                            string
	IsBare                           bool // a page call whose context has no page
	IP, UserAgent, Locale, Timezone  string
	LibraryName, LibraryVersion      string
	CampaignName                     string
	CampaignSource, CampaignMedium   string
	CampaignTerm, CampaignContent    string
	CampaignMisspelt, MisspeltSource string // name of the misspelt field, and its value
}
