package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/rules"
)

func file(t *testing.T, yaml string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "attribution.yaml")
	require.NoError(t, os.WriteFile(path, []byte(yaml), 0o600))
	return path
}

// TestDefaultsAreTheDocumentedOnes: the block of the design's section 7, to the value.
func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	documented := `
database_url: ""
database_password_file: ""
database_auth: password
sources: []
schemas: {segment: segment, stages: session_stages, sessions: sessions, aliases: aliases, ops: attribution_ops}
signup_events: [Signed Up, signed_up, signed-up, User Signed Up]
session_gap: 20m
lookback: 0s
extract: {overlap: 24h, dedup_window: 840h, columns: needed, extra_columns: []}
identity: {policy: first, max_users_per_anonymous_id: 5, max_component_size: 1000, use_alias_calls: true}
own_domains: []
blog_patterns: ['^https?://blog\.', '^https?://[^/]+/blogs?(/|$)']
ignore_events: []
rules_file: ""
publish: {lock_timeout: 500ms}
memory_limit: 1GiB
`
	got, err := config.Load(file(t, documented), nil)
	require.NoError(t, err)
	want := config.New()
	for _, list := range []*[]string{&got.Sources, &got.OwnDomains, &got.IgnoreEvents, &got.Extract.ExtraColumns} {
		require.Empty(t, *list)
		*list = nil
	}
	require.Equal(t, want, got)
	require.Equal(t, rules.InternalDomains(), want.InternalDomains)
	require.NotEmpty(t, want.InternalDomains)
	for _, id := range []string{"null", "undefined", "none", "anonymous", "-1", "0", "00000000-0000-0000-0000-000000000000"} {
		require.Contains(t, want.Identity.Blocked, id)
	}
	require.Equal(t, 2*time.Hour, want.Retry.MaxElapsed)
	require.EqualValues(t, 1<<30, want.MemoryLimit)
	require.NoError(t, want.Validate())
	for name, empty := range map[string]string{"no file": "", "an empty file": file(t, ""), "comments": file(t, "# nothing\n")} {
		c, err := config.Load(empty, nil)
		require.NoError(t, err, name)
		require.Equal(t, config.New(), c, name)
	}
}

func TestDefaultsAreNotShared(t *testing.T) {
	t.Parallel()
	a := config.New()
	a.SignupEvents[0], a.BlogPatterns[0], a.InternalDomains[0], a.Identity.Blocked[0] = "x", "x", "x", "x"
	b := config.New()
	require.NotContains(t, b.SignupEvents, "x")
	require.NotContains(t, b.BlogPatterns, "x")
	require.NotContains(t, b.InternalDomains, "x")
	require.NotContains(t, b.Identity.Blocked, "x")
}

// TestEveryKeyIsAlsoAnEnvironmentVariable of the same name, prefixed and in capitals.
func TestEveryKeyIsAlsoAnEnvironmentVariable(t *testing.T) {
	t.Parallel()
	keys := 0
	var walk func(typ reflect.Type, yaml, env string)
	walk = func(typ reflect.Type, yaml, env string) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			key := f.Tag.Get("yaml")
			require.NotEmpty(t, key, f.Name)
			if key == "-" { // derived, no setting
				continue
			}
			nested := f.Type
			if nested.Kind() == reflect.Slice {
				nested = nested.Elem() // a list of several settings each
			}
			if nested.Kind() == reflect.Struct {
				require.Equal(t, strings.ToUpper(key)+"_", f.Tag.Get("envPrefix"), f.Name)
				walk(nested, yaml+key+".", env+f.Tag.Get("envPrefix"))
				continue
			}
			require.Equal(t, strings.ToUpper(strings.ReplaceAll(yaml+key, ".", "_")), env+f.Tag.Get("env"), f.Name)
			keys++
		}
	}
	walk(reflect.TypeFor[config.Config](), "", "")
	require.GreaterOrEqual(t, keys, 27)
}

func TestConversionsAndModels(t *testing.T) {
	t.Parallel()
	c, err := config.Load("", []string{
		"ATTRIBUTION_CONVERSIONS_0_NAME=purchase", "ATTRIBUTION_CONVERSIONS_0_EVENTS=Order Completed,Paid", "ATTRIBUTION_CONVERSIONS_0_EVERY=true",
		"ATTRIBUTION_CONVERSIONS_0_VALUE=revenue", "ATTRIBUTION_CONVERSIONS_0_CURRENCY=currency",
		"ATTRIBUTION_CONVERSIONS_1_NAME=trial", "ATTRIBUTION_CONVERSIONS_1_EVENTS=Trial Started",
		"ATTRIBUTION_PERSON_TRAITS=company,plan", "ATTRIBUTION_MODELS_LOOKBACK=linear:2160h,markov:0s", "ATTRIBUTION_MODELS_MARKOV_ORDER=2",
	})
	require.NoError(t, err)
	require.Equal(t, []config.Conversion{
		{Name: "purchase", Events: []string{"Order Completed", "Paid"}, Every: true, Value: "revenue", Currency: "currency"},
		{Name: "trial", Events: []string{"Trial Started"}},
	}, c.Conversions)
	require.Equal(t, map[string]time.Duration{"linear": 90 * 24 * time.Hour, "markov": 0}, c.Models.Lookback)
	require.Equal(t, config.Markov{Order: 2, Nulls: true}, c.Models.Markov)
	require.Contains(t, config.Variables(), "ATTRIBUTION_CONVERSIONS_0_NAME")

	c = config.New()
	c.Conversions = []config.Conversion{
		{Name: "signup", Events: []string{"x"}},
		{Name: "a"},
		{Name: "a", Events: []string{"x"}, Currency: "c"},
		{Events: []string{"x"}},
		{Name: "a\x00b", Events: []string{"x"}},
		{Name: " b", Events: []string{"x"}},
		{Name: strings.Repeat("c", 256), Events: []string{"x"}},
		{Name: `100 % "ü"`, Events: []string{"x"}},
	}
	c.PersonTraits = []string{"received_at"}
	c.Models = config.Models{Lookback: map[string]time.Duration{"linea": 1, "linear": -1, "markov": 1}, Markov: config.Markov{Order: 4}}
	for _, says := range []string{
		`conversions[0].name: "signup" is taken`, "conversions[1].events: is empty: name the tracks that are a a", `conversions[2].name: "a" is taken`,
		"conversions[2].currency: is given without value", "conversions[3].name: is empty", `person_traits: "received_at" is no trait`,
		`models.lookback: unknown model "linea"`, "models.lookback.linear: -1ns is negative", "models.half_life: 0s is not above 0", "models.lookback.markov: 1ns is negative or no whole number of microseconds",
		`conversions[4].name: "a\x00b" is no name`, `conversions[5].name: " b" is no name`, "conversions[6].name: \"ccc", "models.markov.order: 4 is not 1, 2 or 3",
	} {
		require.ErrorContains(t, c.Validate(), says)
	}
	require.NotContains(t, c.Validate().Error(), "conversions[7]")
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load(file(t, "session_gap: 30m\nschemas: {sessions: from_file, ops: ops_of_file}\nextract: {overlap: 1h}\nsources: [a]\nmemory_limit: 2GiB\n"), []string{
		"ATTRIBUTION_SESSION_GAP=45m", "ATTRIBUTION_SCHEMAS_SESSIONS=my schema", "ATTRIBUTION_SOURCES=web,app", "ATTRIBUTION_EXTRACT_EXTRA_COLUMNS=context_ip,title",
		"ATTRIBUTION_IDENTITY_POLICY=merge", "ATTRIBUTION_IDENTITY_USE_ALIAS_CALLS=false", "ATTRIBUTION_IDENTITY_MAX_USERS_PER_ANONYMOUS_ID=9",
		"ATTRIBUTION_IDENTITY_MAX_COMPONENT_SIZE=77", "ATTRIBUTION_PUBLISH_LOCK_TIMEOUT=2s", "ATTRIBUTION_MEMORY_LIMIT=512MiB", "ATTRIBUTION_LOOKBACK=720h",
		"ATTRIBUTION_SIGNUP_EVENTS=Signed Up,Joined", "ATTRIBUTION_EXTRACT_COLUMNS=all", "PATH=/bin", "SESSION_GAP=1h", "OVERLAP=9h", "ATTRIBUTION_CONFIG=ignored.yaml",
		"ATTRIBUTION_RETRY_MAX_ELAPSED=0s", "ATTRIBUTION_RULES_FILE=/etc/rules.yaml", "ATTRIBUTION_EXTRACT_DEDUP_WINDOW=1h",
	})
	require.NoError(t, err)
	require.Equal(t, 45*time.Minute, c.SessionGap)
	require.Equal(t, "my schema", c.Schemas.Sessions)
	require.Equal(t, "ops_of_file", c.Schemas.Ops, "what the environment does not name stays")
	require.Equal(t, "segment", c.Schemas.Segment)
	require.Equal(t, time.Hour, c.Extract.Overlap)
	require.Equal(t, []string{"web", "app"}, c.Sources)
	require.Equal(t, []string{"context_ip", "title"}, c.Extract.ExtraColumns)
	require.Equal(t, config.Identity{Policy: "merge", MaxUsersPerAnonymousID: 9, MaxComponentSize: 77, Blocked: config.New().Identity.Blocked}, c.Identity)
	require.Equal(t, 2*time.Second, c.Publish.LockTimeout)
	require.EqualValues(t, 512<<20, c.MemoryLimit)
	require.Equal(t, 720*time.Hour, c.Lookback)
	require.Equal(t, []string{"Signed Up", "Joined"}, c.SignupEvents)
	require.Equal(t, "all", c.Extract.Columns)
	require.Zero(t, c.Retry.MaxElapsed)
	require.Equal(t, "/etc/rules.yaml", c.RulesFile)
	require.Equal(t, time.Hour, c.Extract.DedupWindow)
}

// TestDatabaseURL: our own variable, then DATABASE_URL, then DATABASE_URL_FILE, then
// the configuration file, as section 7 lists them.
func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("postgres://of-secret\n"), 0o600))
	configured := file(t, "database_url: postgres://of-config\n")
	for _, c := range []struct {
		name, file string
		env        []string
		want       string
	}{
		{"nothing: the PG* variables", "", nil, ""},
		{"the file", configured, nil, "postgres://of-config"},
		{"DATABASE_URL", "", []string{"DATABASE_URL=postgres://of-env"}, "postgres://of-env"},
		{"DATABASE_URL_FILE", "", []string{"DATABASE_URL_FILE=" + secret}, "postgres://of-secret"},
		{"DATABASE_URL over DATABASE_URL_FILE", "", []string{"DATABASE_URL_FILE=" + secret, "DATABASE_URL=postgres://of-env"}, "postgres://of-env"},
		{"ATTRIBUTION_DATABASE_URL over both", "", []string{"ATTRIBUTION_DATABASE_URL=postgres://own", "DATABASE_URL=postgres://of-env"}, "postgres://own"},
		{"ATTRIBUTION_DATABASE_URL over the file", configured, []string{"ATTRIBUTION_DATABASE_URL=postgres://own"}, "postgres://own"},
		{"DATABASE_URL over the file", configured, []string{"DATABASE_URL=postgres://of-env"}, "postgres://of-env"},
		{"DATABASE_URL_FILE over the file", configured, []string{"DATABASE_URL_FILE=" + secret}, "postgres://of-secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(c.file, c.env)
			require.NoError(t, err)
			require.Equal(t, c.want, got.DatabaseURL)
		})
	}
	_, err := config.Load("", []string{"DATABASE_URL_FILE=/nope"})
	require.ErrorContains(t, err, "DATABASE_URL_FILE: open /nope")
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for yaml, why := range map[string]string{
		"sesion_gap: 20m":                              "sesion_gap",
		"extract: {overlaps: 24h}":                     "overlaps",
		"schemas: {segments: x}":                       "segments",
		"session_gap: 20m\nsession_gap: 3m":            "already",
		"session_gap: twenty":                          "line 1",
		"session_gap: 20":                              "line 1",
		"memory_limit: lots":                           "no size such as 512MiB or 1GiB",
		"signup_events: {a: b}":                        "line 1",
		"identity: {max_users_per_anonymous_id: many}": "line 1",
		"- a":                "line 1",
		"session_gap: [":     "line 1",
		"session_gap: 0s":    "session_gap: 0s is not above 0",
		"signup_events: []":  "signup_events: is empty",
		"memory_limit: 1MiB": "memory_limit: 1048576 bytes is below 64MiB",
		"lookback: -1h":      "lookback: -1h0m0s is negative",
	} {
		_, err := config.Load(file(t, yaml), nil)
		require.ErrorContains(t, err, "configuration", yaml)
		require.ErrorContains(t, err, why, yaml)
	}
	_, err := config.Load("/nope.yaml", nil)
	require.ErrorContains(t, err, "configuration: open /nope.yaml")
	for _, env := range []string{
		"ATTRIBUTION_SESSION_GAP=twenty", "ATTRIBUTION_SESSION_GAP=20", "ATTRIBUTION_MEMORY_LIMIT=lots", "ATTRIBUTION_IDENTITY_USE_ALIAS_CALLS=perhaps", "ATTRIBUTION_IDENTITY_MAX_COMPONENT_SIZE=many",
	} {
		_, err := config.Load("", []string{env})
		require.ErrorContains(t, err, "environment", env)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Config)
		want   []string // none: valid
	}{
		"gap of a day":           {func(c *config.Config) { c.SessionGap = 24 * time.Hour }, nil},
		"gap of more":            {func(c *config.Config) { c.SessionGap = 24*time.Hour + 1 }, []string{"session_gap"}},
		"negative gap":           {func(c *config.Config) { c.SessionGap = -1 }, []string{"session_gap"}},
		"negative overlap":       {func(c *config.Config) { c.Extract.Overlap = -1 }, []string{"extract.overlap"}},
		"no overlap":             {func(c *config.Config) { c.Extract.Overlap = 0 }, nil},
		"negative dedup window":  {func(c *config.Config) { c.Extract.DedupWindow = -1 }, []string{"extract.dedup_window"}},
		"columns":                {func(c *config.Config) { c.Extract.Columns = "some" }, []string{`extract.columns: "some" is neither needed nor all`}},
		"bots":                   {func(c *config.Config) { c.Bots = "none" }, []string{`bots: "none" is neither flag nor exclude`}},
		"policy":                 {func(c *config.Config) { c.Identity.Policy = "First" }, []string{`identity.policy: "First" is neither first nor merge`}},
		"unknown login":          {func(c *config.Config) { c.DatabaseAuth = "iam" }, []string{`database_auth: "iam" is neither password nor rds-iam`}},
		"a token":                {func(c *config.Config) { c.DatabaseAuth = "rds-iam" }, nil},
		"a token and a password": {func(c *config.Config) { c.DatabaseAuth, c.DatabasePasswordFile = "rds-iam", "/x" }, []string{"database_password_file"}},
		"no users per device":    {func(c *config.Config) { c.Identity.MaxUsersPerAnonymousID = 0 }, []string{"identity.max_users_per_anonymous_id"}},
		"components of one":      {func(c *config.Config) { c.Identity.MaxComponentSize = 1 }, []string{"identity.max_component_size"}},
		"64 MiB":                 {func(c *config.Config) { c.MemoryLimit = 64 << 20 }, nil},
		"a byte less":            {func(c *config.Config) { c.MemoryLimit = 64<<20 - 1 }, []string{"memory_limit"}},
		"hostile schemas":        {func(c *config.Config) { c.Schemas.Sessions, c.Schemas.Ops = `my "schema"`, "it's; --" }, nil},
		"empty schema":           {func(c *config.Config) { c.Schemas.Stages = "" }, []string{`schemas.stages: "" is no name of 1 to 63 bytes`}},
		"63 bytes":               {func(c *config.Config) { c.Schemas.Stages = strings.Repeat("x", 63) }, nil},
		"64 bytes":               {func(c *config.Config) { c.Schemas.Stages = strings.Repeat("é", 32) }, []string{"schemas.stages"}},
		"NUL":                    {func(c *config.Config) { c.Schemas.Aliases = "a\x00" }, []string{"schemas.aliases"}},
		"Postgres' own":          {func(c *config.Config) { c.Schemas.Ops = "pg_temp" }, []string{"schemas.ops", "Postgres' own"}},
		"information_schema":     {func(c *config.Config) { c.Schemas.Ops = "information_schema" }, []string{"schemas.ops", "Postgres' own"}},
		"one schema for two":     {func(c *config.Config) { c.Schemas.Ops = "sessions" }, []string{"schemas.ops", "schemas.sessions"}},
		"a source is our schema": {func(c *config.Config) { c.Sources = []string{"web", "segment"} }, []string{"schemas.segment", "sources"}},
		"addresses": {func(c *config.Config) {
			c.Notify.PagerDutyEndpoint, c.Notify.RunbookURL, c.Notify.HeartbeatURL = "https://events.eu.pagerduty.com/", "https://wiki.example.com/x?y=z#w", "http://hc.example.com/ping/x?create=1"
		}, nil},
		"no addresses": {func(c *config.Config) {
			c.Notify.PagerDutyEndpoint, c.Notify.RunbookURL, c.Notify.HeartbeatURL = "events.pagerduty.com", "ftp://x", "http://hunter2\x7f"
		}, []string{"notify.pagerduty_endpoint: is no address", "notify.runbook_url: is no address", "notify.heartbeat_url: is no address"}},
		"an endpoint with a query": {func(c *config.Config) { c.Notify.PagerDutyEndpoint = "https://x/?k=hunter2" }, []string{"notify.pagerduty_endpoint: has more than a path"}},
		"an address with a user":   {func(c *config.Config) { c.Notify.HeartbeatURL = "https://u:hunter2@x" }, []string{"notify.heartbeat_url: is no address"}},
		"an address without host":  {func(c *config.Config) { c.Notify.PagerDutyEndpoint = "https://" }, []string{"notify.pagerduty_endpoint"}},
		"all at once": {func(c *config.Config) {
			c.SessionGap, c.Lookback, c.SignupEvents, c.Schemas.Ops = 0, -1, nil, "pg_x"
		}, []string{"session_gap", "lookback", "signup_events", "schemas.ops"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.New()
			c.change(&cfg)
			err := cfg.Validate()
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.NotContains(t, err.Error(), "hunter2", "an address may be a secret")
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "123456789": 123456789, "1B": 1, "1K": 1 << 10, "1KB": 1 << 10, "1KiB": 1 << 10, "512MiB": 512 << 20, "512 MB": 512 << 20,
		"1GiB": 1 << 30, "1G": 1 << 30, " 2GiB ": 2 << 30, "1TiB": 1 << 40, "8388607TiB": 8388607 << 40,
	} {
		var b config.Bytes
		require.NoError(t, b.UnmarshalText([]byte(text)), text)
		require.EqualValues(t, want, b, text)
	}
	for _, text := range []string{
		"", "-1", "1.5GiB", "GiB", "1 GiB x", "1PiB", "0x10", "1_000", "lots", "1e9", "99999999999999999999",
		"8388608TiB", "16777216TiB", "9223372036854775807KiB", // over what a number holds
	} {
		b := config.Bytes(7)
		require.Error(t, b.UnmarshalText([]byte(text)), "%q became %d", text, b)
	}
}
