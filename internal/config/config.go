// Package config is the settings: one struct, its defaults, where values come from
// (a YAML file, then the environment, then flags) and what is wrong with them.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/caarlos0/env/v11"
	"gopkg.in/yaml.v3"

	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
	"github.com/attribution-dev/attribution/rules"
)

// Prefix begins the environment variable of every setting: ATTRIBUTION_SESSION_GAP,
// ATTRIBUTION_EXTRACT_OVERLAP. Lists are comma-separated.
const Prefix = "ATTRIBUTION_"

// A Config is every setting. The zero value of a field is never a default: New
// fills them in.
type Config struct {
	DatabaseURL          string        `yaml:"database_url" env:"DATABASE_URL"`                     // or DATABASE_URL, DATABASE_URL_FILE, PG*
	DatabasePasswordFile string        `yaml:"database_password_file" env:"DATABASE_PASSWORD_FILE"` // read before each connection; wins over the URL's
	DatabaseAuth         string        `yaml:"database_auth" env:"DATABASE_AUTH"`                   // password (default), or rds-iam: a token of AWS for each connection
	Sources              []string      `yaml:"sources" env:"SOURCES"`                               // Postgres schemas written by Segment; empty: the only one there is
	Schemas              Schemas       `yaml:"schemas" envPrefix:"SCHEMAS_"`                        // where our tables live
	SignupEvents         []string      `yaml:"signup_events" env:"SIGNUP_EVENTS"`                   // compared exactly with event_text and event
	Conversions          []Conversion  `yaml:"conversions" envPrefix:"CONVERSIONS_"`                // more than the signup
	PersonTraits         []string      `yaml:"person_traits" env:"PERSON_TRAITS"`                   // columns of identifies shown in sessions.persons
	Models               Models        `yaml:"models" envPrefix:"MODELS_"`                          // who earns a conversion, stage 7
	Money                Money         `yaml:"money" envPrefix:"MONEY_"`                            // spend and revenue, stage 7
	SessionGap           time.Duration `yaml:"session_gap" env:"SESSION_GAP"`                       // inactivity that ends a session; default 20m
	Lookback             time.Duration `yaml:"lookback" env:"LOOKBACK"`                             // longest age of a touch at signup; 0s: none
	Extract              Extract       `yaml:"extract" envPrefix:"EXTRACT_"`                        // stage 1
	Identity             Identity      `yaml:"identity" envPrefix:"IDENTITY_"`                      // stage 3
	OwnDomains           []string      `yaml:"own_domains" env:"OWN_DOMAINS"`                       // own, beyond the page's registrable domain
	InternalDomains      []string      `yaml:"internal_domains" env:"INTERNAL_DOMAINS"`             // payment and login hosts; default a shipped list
	BlogPatterns         []string      `yaml:"blog_patterns" env:"BLOG_PATTERNS"`                   // regular expressions (RE2) over page URLs
	IgnoreEvents         []string      `yaml:"ignore_events" env:"IGNORE_EVENTS"`                   // names of tracks that are no activity
	Bots                 string        `yaml:"bots" env:"BOTS"`                                     // flag (default): events of crawlers are counted; exclude: and are no activity
	RulesFile            string        `yaml:"rules_file" env:"RULES_FILE"`                         // own rules over the shipped ones
	Publish              Publish       `yaml:"publish" envPrefix:"PUBLISH_"`                        // stage 7
	Retry                Retry         `yaml:"retry" envPrefix:"RETRY_"`                            // of a stage
	Notify               Notify        `yaml:"notify" envPrefix:"NOTIFY_"`                          // Datadog, PagerDuty, a heartbeat monitor
	MemoryLimit          Bytes         `yaml:"memory_limit" env:"MEMORY_LIMIT"`                     // of the process; default 1GiB
	Parallelism          int           `yaml:"parallelism" env:"PARALLELISM"`                       // pieces of work at once, each on a core of the server; default 0: as many as this machine has cores, at most 4
}

// Schemas names the schemas of our tables.
type Schemas struct {
	Segment  string `yaml:"segment" env:"SEGMENT"`
	Stages   string `yaml:"stages" env:"STAGES"`
	Sessions string `yaml:"sessions" env:"SESSIONS"`
	Aliases  string `yaml:"aliases" env:"ALIASES"`
	Ops      string `yaml:"ops" env:"OPS"`
}

// Extract is how stage 1 reads the sources.
type Extract struct {
	Overlap      time.Duration `yaml:"overlap" env:"OVERLAP"`             // how far a night reaches back; default 24h
	DedupWindow  time.Duration `yaml:"dedup_window" env:"DEDUP_WINDOW"`   // how far apart copies are looked for; default 840h
	Columns      string        `yaml:"columns" env:"COLUMNS"`             // needed (default) or all
	ExtraColumns []string      `yaml:"extra_columns" env:"EXTRA_COLUMNS"` // taken beyond the needed ones
}

// Identity is how stage 3 joins identifiers.
type Identity struct {
	Policy                 string   `yaml:"policy" env:"POLICY"`                                         // first (default) or merge
	MaxUsersPerAnonymousID int      `yaml:"max_users_per_anonymous_id" env:"MAX_USERS_PER_ANONYMOUS_ID"` // above: shared; default 5
	MaxComponentSize       int      `yaml:"max_component_size" env:"MAX_COMPONENT_SIZE"`                 // above: cut, policy merge; default 1000
	UseAliasCalls          bool     `yaml:"use_alias_calls" env:"USE_ALIAS_CALLS"`                       // default true
	Blocked                []string `yaml:"blocked" env:"BLOCKED"`                                       // identifiers that count as absent
}

// A Conversion is a rewarded event beside the signup.
type Conversion struct {
	Name     string   `yaml:"name" env:"NAME"`         // in sessions.conversions; not signup
	Events   []string `yaml:"events" env:"EVENTS"`     // names of tracks, compared exactly with event_text and event
	Every    bool     `yaml:"every" env:"EVERY"`       // each one; default false: a person's first only
	Value    string   `yaml:"value" env:"VALUE"`       // column of the event's own table with what it is worth; empty: none
	Currency string   `yaml:"currency" env:"CURRENCY"` // column of that table with the value's currency; empty: the reporting currency
}

// Models are the settings of the models that share out a conversion.
type Models struct {
	Lookback map[string]time.Duration `yaml:"lookback" env:"LOOKBACK"`   // by model, in place of lookback; 0s: none
	HalfLife time.Duration            `yaml:"half_life" env:"HALF_LIFE"` // of time_decay; default 168h
	Markov   Markov                   `yaml:"markov" envPrefix:"MARKOV_"`
}

// Markov is how the data-driven model is made.
type Markov struct {
	Order int  `yaml:"order" env:"ORDER"` // channels a state remembers, 1 to 3; default 1
	Nulls bool `yaml:"nulls" env:"NULLS"` // count the paths of those who never converted; default true
}

// Money is where spend and revenue are read, and what they are counted in.
type Money struct {
	Currency string             `yaml:"currency" env:"CURRENCY"` // of amounts without one, and what others are converted to; default USD
	Rates    map[string]float64 `yaml:"rates" env:"RATES"`       // what one unit of another currency is worth in it
	Spend    Spend              `yaml:"spend" envPrefix:"SPEND_"`
	Revenue  Revenue            `yaml:"revenue" envPrefix:"REVENUE_"`
}

// Spend is where the cost of marketing is read: at most one of the two; empty: nowhere.
type Spend struct {
	Table string `yaml:"table" env:"TABLE"` // schema.table with date, source, cost, and medium, campaign, currency where known
	File  string `yaml:"file" env:"FILE"`   // CSV with such a header
}

// Revenue is where payments are read: at most one of the two; empty: nowhere.
type Revenue struct {
	Table string `yaml:"table" env:"TABLE"` // schema.table with user_id, amount, time, and currency where known
	Query string `yaml:"query" env:"QUERY"` // a file with one SELECT that gives these
}

// Publish is how stage 7 publishes.
type Publish struct {
	LockTimeout time.Duration `yaml:"lock_timeout" env:"LOCK_TIMEOUT"` // longest a reader waits for us; default 500ms
}

// Retry is how long a failing stage is tried again.
type Retry struct {
	MaxElapsed     time.Duration `yaml:"max_elapsed" env:"MAX_ELAPSED"`         // from its first failure on; default 2h; 0s: never
	AttemptTimeout time.Duration `yaml:"attempt_timeout" env:"ATTEMPT_TIMEOUT"` // longest one attempt may take; default 6h; 0s: any time
}

// Notify is who is told of a run. Datadog's agent is found by its own variables,
// DD_AGENT_HOST or DD_DOGSTATSD_URL, without which nothing is sent to it.
type Notify struct {
	Env                 string `yaml:"env" env:"ENV"`                                     // names the installation in tags and pages
	PagerDutyRoutingKey string `yaml:"pagerduty_routing_key" env:"PAGERDUTY_ROUTING_KEY"` // a secret; empty: nobody is paged
	PagerDutyEndpoint   string `yaml:"pagerduty_endpoint" env:"PAGERDUTY_ENDPOINT"`       // empty: PagerDuty's own
	RunbookURL          string `yaml:"runbook_url" env:"RUNBOOK_URL"`                     // a link in pages; empty: none
	HeartbeatURL        string `yaml:"heartbeat_url" env:"HEARTBEAT_URL"`                 // told when a run starts and ends; a secret; empty: none
	Datadog             bool   `yaml:"-"`                                                 // the environment names an agent
}

// Bytes is a size: "512MiB", "1GiB", or a number of bytes.
type Bytes int64

// New returns the defaults.
func New() Config {
	return Config{
		Schemas:         Schemas{Segment: "segment", Stages: "session_stages", Sessions: "sessions", Aliases: "aliases", Ops: "attribution_ops"},
		DatabaseAuth:    "password",
		SignupEvents:    []string{"Signed Up", "signed_up", "signed-up", "User Signed Up"},
		Models:          Models{HalfLife: model.DefaultHalfLife, Markov: Markov{Order: 1, Nulls: true}},
		Money:           Money{Currency: "USD"},
		SessionGap:      sessionize.DefaultGap,
		Extract:         Extract{Overlap: 24 * time.Hour, DedupWindow: 840 * time.Hour, Columns: "needed"},
		Bots:            "flag",
		Identity:        Identity{Policy: "first", MaxUsersPerAnonymousID: 5, MaxComponentSize: 1000, UseAliasCalls: true, Blocked: rules.Blocked()},
		InternalDomains: rules.InternalDomains(),
		BlogPatterns:    rules.BlogPatterns(),
		Publish:         Publish{LockTimeout: 500 * time.Millisecond},
		Retry:           Retry{MaxElapsed: 2 * time.Hour, AttemptTimeout: 6 * time.Hour},
		MemoryLimit:     1 << 30,
	}
}

// Variables are the environment variables of all settings; of lists of several settings
// those of the first.
func Variables() (names []string) {
	var visit func(t reflect.Type, prefix string)
	visit = func(t reflect.Type, prefix string) {
		for f := range t.Fields() {
			nested, ok := f.Tag.Lookup("envPrefix")
			switch {
			case ok && f.Type.Kind() == reflect.Slice: // ATTRIBUTION_CONVERSIONS_0_NAME
				visit(f.Type.Elem(), prefix+nested+"0_")
			case ok:
				visit(f.Type, prefix+nested)
			case f.Tag.Get("env") != "":
				names = append(names, prefix+f.Tag.Get("env"))
			}
		}
	}
	visit(reflect.TypeFor[Config](), Prefix)
	return names
}

// Load returns the defaults overlaid with the YAML file, if any, and with the
// environment (as os.Environ gives it). An unknown key is an error.
func Load(file string, environ []string) (Config, error) {
	c := New()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("configuration %s: %w", file, err)
		}
	}
	vars := env.ToMap(environ)
	if err := env.ParseWithOptions(&c, env.Options{Prefix: Prefix, Environment: vars}); err != nil {
		return c, fmt.Errorf("environment: %w", err)
	}
	c.Notify.Datadog = vars["DD_AGENT_HOST"] != "" || vars["DD_DOGSTATSD_URL"] != ""
	if vars[Prefix+"DATABASE_URL"] == "" {
		if err := c.databaseFrom(vars); err != nil {
			return c, err
		}
	}
	return c, c.Validate()
}

// databaseFrom takes DATABASE_URL, or what the file DATABASE_URL_FILE holds, over the
// configuration file.
func (c *Config) databaseFrom(vars map[string]string) error {
	path := vars["DATABASE_URL_FILE"]
	switch {
	case vars["DATABASE_URL"] != "":
		c.DatabaseURL = vars["DATABASE_URL"]
	case path != "":
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("DATABASE_URL_FILE: %w", err)
		}
		c.DatabaseURL = strings.TrimSpace(string(text))
	}
	return nil
}

// Validate returns every setting that makes no sense, in one error.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	switch c.DatabaseAuth {
	case "password":
	case "rds-iam":
		if c.DatabasePasswordFile != "" {
			bad("database_password_file", "database_auth is rds-iam, which needs no password: leave one of them out")
		}
	default:
		bad("database_auth", "%q is neither password nor rds-iam", c.DatabaseAuth)
	}
	if c.SessionGap <= 0 || c.SessionGap > 24*time.Hour {
		bad("session_gap", "%s is not above 0 and at most 24h", c.SessionGap)
	}
	if c.Lookback < 0 || c.Lookback%time.Microsecond != 0 {
		bad("lookback", "%s is negative or no whole number of microseconds; 0s means none", c.Lookback)
	}
	if c.Extract.Overlap < 0 {
		bad("extract.overlap", "%s is negative", c.Extract.Overlap)
	}
	if c.Extract.DedupWindow < 0 {
		bad("extract.dedup_window", "%s is negative", c.Extract.DedupWindow)
	}
	if c.Retry.MaxElapsed < 0 {
		bad("retry.max_elapsed", "%s is negative; 0s means no second try", c.Retry.MaxElapsed)
	}
	if c.Retry.AttemptTimeout < 0 {
		bad("retry.attempt_timeout", "%s is negative; 0s means none", c.Retry.AttemptTimeout)
	}
	if c.Extract.Columns != "needed" && c.Extract.Columns != "all" {
		bad("extract.columns", "%q is neither needed nor all", c.Extract.Columns)
	}
	if c.Bots != "flag" && c.Bots != "exclude" {
		bad("bots", "%q is neither flag nor exclude", c.Bots)
	}
	if c.Identity.Policy != "first" && c.Identity.Policy != "merge" {
		bad("identity.policy", "%q is neither first nor merge", c.Identity.Policy)
	}
	if c.Identity.MaxUsersPerAnonymousID < 1 {
		bad("identity.max_users_per_anonymous_id", "%d is below 1", c.Identity.MaxUsersPerAnonymousID)
	}
	if c.Identity.MaxComponentSize < 2 {
		bad("identity.max_component_size", "%d is below 2", c.Identity.MaxComponentSize)
	}
	if c.MemoryLimit < 64<<20 {
		bad("memory_limit", "%d bytes is below 64MiB", c.MemoryLimit)
	}
	if c.Parallelism < 0 || c.Parallelism > pg.MaxParallelism {
		bad("parallelism", "%d is not between 1 and %d, nor 0 for as many as there are cores", c.Parallelism, pg.MaxParallelism)
	}
	if len(c.SignupEvents) == 0 {
		bad("signup_events", "is empty: without a signup there is nothing to attribute")
	}
	errs = append(errs, c.validateConversions()...)
	errs = append(errs, c.Models.validate()...)
	errs = append(errs, c.Money.validate()...)
	errs = append(errs, c.validateSchemas()...)
	errs = append(errs, c.Notify.validate()...)
	if len(errs) > 0 {
		return fmt.Errorf("configuration: %w", errors.Join(errs...))
	}
	return nil
}

// validateConversions sees that each has a name of its own and events, and that traits
// are none of the columns every table has.
func (c *Config) validateConversions() (errs []error) {
	for _, t := range c.PersonTraits {
		if slices.Contains([]string{"", "id", "received_at", "uuid_ts"}, t) {
			errs = append(errs, fmt.Errorf("person_traits: %q is no trait: name columns of identifies, such as company", t))
		}
	}
	seen := map[string]bool{"signup": true}
	for i, v := range c.Conversions {
		bad := func(key, format string, args ...any) {
			errs = append(errs, fmt.Errorf("conversions[%d].%s: %s", i, key, fmt.Sprintf(format, args...)))
		}
		switch {
		case strings.TrimSpace(v.Name) == "":
			bad("name", "is empty: call it something, such as purchase")
		case len(v.Name) > 255 || v.Name != strings.TrimSpace(v.Name) || strings.ContainsFunc(v.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
			bad("name", "%.40q is no name: it has at most 255 bytes, no spaces around it, and nothing that cannot be printed", v.Name)
		case seen[v.Name]:
			bad("name", "%q is taken: signup is made of signup_events, and any other name can be used once", v.Name)
		}
		seen[v.Name] = true
		if len(v.Events) == 0 {
			bad("events", "is empty: name the tracks that are a %s", v.Name)
		}
		if v.Currency != "" && v.Value == "" {
			bad("currency", "is given without value: name the column with what the event is worth")
		}
	}
	return errs
}

func (m *Models) validate() (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(m.Lookback)) {
		if _, err := model.Parse(name); err != nil {
			errs = append(errs, fmt.Errorf("models.lookback: %w", err))
		}
		if l := m.Lookback[name]; l < 0 || l%time.Microsecond != 0 {
			errs = append(errs, fmt.Errorf("models.lookback.%s: %s is negative or no whole number of microseconds; 0s means none", name, l))
		}
	}
	if m.HalfLife <= 0 || m.HalfLife%time.Microsecond != 0 {
		errs = append(errs, fmt.Errorf("models.half_life: %s is not above 0, in whole microseconds", m.HalfLife))
	}
	if m.Markov.Order < 1 || m.Markov.Order > 3 {
		errs = append(errs, fmt.Errorf("models.markov.order: %d is not 1, 2 or 3", m.Markov.Order))
	}
	return errs
}

// validate sees that addresses are some. They may hold secrets, so the errors do not
// have them.
func (n *Notify) validate() (errs []error) {
	for _, a := range []struct{ key, text, such string }{
		{"pagerduty_endpoint", n.PagerDutyEndpoint, "https://events.pagerduty.com"},
		{"runbook_url", n.RunbookURL, "https://wiki.example.com/attribution"},
		{"heartbeat_url", n.HeartbeatURL, "https://hc-ping.com/<uuid>"},
	} {
		u, err := url.Parse(a.text)
		switch {
		case a.text == "":
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
			errs = append(errs, fmt.Errorf("notify.%s: is no address such as %s", a.key, a.such))
		case a.key == "pagerduty_endpoint" && u.RawQuery+u.Fragment != "":
			errs = append(errs, fmt.Errorf("notify.%s: has more than a path: want such as %s", a.key, a.such))
		}
	}
	return errs
}

// validateSchemas sees that the schemas are named, and apart from each other and
// from the sources.
func (c *Config) validateSchemas() (errs []error) {
	seen := map[string]string{}
	for _, s := range c.Sources {
		seen[s] = "sources"
	}
	for _, s := range [][2]string{
		{"segment", c.Schemas.Segment}, {"stages", c.Schemas.Stages}, {"sessions", c.Schemas.Sessions}, {"aliases", c.Schemas.Aliases}, {"ops", c.Schemas.Ops},
	} {
		key := "schemas." + s[0]
		other, twice := seen[s[1]]
		switch {
		case s[1] == "" || len(s[1]) > 63 || strings.ContainsRune(s[1], 0):
			errs = append(errs, fmt.Errorf("%s: %q is no name of 1 to 63 bytes", key, s[1]))
		case strings.HasPrefix(s[1], "pg_") || s[1] == "information_schema":
			errs = append(errs, fmt.Errorf("%s: %q is Postgres' own", key, s[1]))
		case twice:
			errs = append(errs, fmt.Errorf("%s: %q is also in %s; each needs a schema of its own", key, s[1], other))
		}
		seen[s[1]] = key
	}
	return errs
}

var size = regexp.MustCompile(`^(\d+)\s*([KMGT]i?B?|B)?$`)

// UnmarshalText reads "1GiB", "512MB" (both by 1,024) or a number of bytes.
func (b *Bytes) UnmarshalText(text []byte) error {
	m := size.FindStringSubmatch(strings.TrimSpace(string(text)))
	if m == nil {
		return fmt.Errorf("%q is no size such as 512MiB or 1GiB", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return err
	}
	if m[2] != "" && m[2] != "B" {
		shift := 10 * (1 + strings.Index("KMGT", m[2][:1]))
		if n > math.MaxInt64>>shift {
			return fmt.Errorf("%q is more than any machine has", text)
		}
		n <<= shift
	}
	*b = Bytes(n)
	return nil
}
