// Package doctor looks at an installation from all sides, the database and everybody
// told of its runs, and says of each what is right and how to mend what is not. It
// changes nothing, waits for nothing longer than a few seconds, and goes on after
// whatever it finds.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql"
)

// A State is how one check ended.
type State string

// The states.
const (
	OK      State = "ok"
	Warning State = "warning" // a run works, but not as well as it could, or not for ever
	Failed  State = "failed"  // a run fails, or already has
	Skipped State = "skipped" // nothing can be said, since an earlier check failed
)

// A Line is one check and what it found.
type Line struct {
	Check    string   `json:"check"`
	State    State    `json:"state"`
	Found    string   `json:"found"`
	Remedies []string `json:"remedies"` // each a statement or command to copy, or a sentence; none when all is right
}

// Options are what the doctor looks at. What is empty is not configured.
type Options struct {
	DatabaseURL string      // "": libpq's PG* variables
	Password    pg.Password // asked before each connection; nil: what the URL says
	Names       pg.Names
	Settings    stages.Settings // the sources as configured: none, the only one there is

	DogStatsD      string // the Datadog agent: host:port, unix:///path, unixgram:///path or unixstream:///path
	RoutingKey     string // PagerDuty's, a secret
	EventsEndpoint string // PagerDuty's; "": its own
	HeartbeatURL   string // a secret

	Now      func() time.Time                                                              // this machine's clock
	FreeDisk func(ctx context.Context, q pg.Querier, host string) (free int64, known bool) // nil: pg.FreeDisk
	Timeout  time.Duration                                                                 // of each check; 0: 5 s
	Patience func(name string) time.Duration                                               // nil: the defaults below
}

// How long sessions may be as they are, by the check that looks at them.
var patience = map[string]time.Duration{
	"idle sessions": time.Minute, // of ours, in a transaction, while no run is at work
	"vacuum":        time.Hour,   // a transaction of anybody
}

// defaultTimeout is enough for a look at any catalog, and short enough to wait for.
const defaultTimeout = 5 * time.Second

// A finding is what a check found.
type finding struct {
	state    State
	found    string
	remedies []string
}

func ok(format string, args ...any) finding { return finding{OK, fmt.Sprintf(format, args...), nil} }

func warning(found string, remedies ...string) finding { return finding{Warning, found, remedies} }

func failed(found string, remedies ...string) finding { return finding{Failed, found, remedies} }

// A check looks at one thing. Where one of those it needs did not go well, it is
// skipped.
type check struct {
	name  string
	needs []string
	look  func(e *examination, ctx context.Context) (finding, error)
}

// checks are all of them, in order.
var checks = []check{
	{"database", nil, (*examination).database},
	{"server version", []string{"database"}, (*examination).version},
	{"server settings", []string{"database"}, (*examination).settings},
	{"connections", []string{"database"}, (*examination).connections},
	{"writable", []string{"database"}, (*examination).writable},
	{"pooler", []string{"database"}, (*examination).pooler},
	{"tables", []string{"database"}, (*examination).tables},
	{"privileges", []string{"database"}, (*examination).privileges},
	{"sources", []string{"database"}, (*examination).sources},
	{"source columns", []string{"tables", "sources"}, (*examination).columns},
	{"misspelt tags", []string{"sources"}, (*examination).misspelt},
	{"source indexes", []string{"sources"}, (*examination).sourceIndexes},
	{"months", []string{"tables"}, (*examination).months},
	{"indexes", []string{"tables"}, (*examination).indexes},
	{"detaches", []string{"tables"}, (*examination).detaches},
	{"leftovers", []string{"tables"}, (*examination).leftovers},
	{"statistics", []string{"tables"}, (*examination).statistics},
	{"clock", []string{"database"}, (*examination).clock},
	{"disk", []string{"database"}, (*examination).disk},
	{"locks", []string{"tables"}, (*examination).locks},
	{"waiting work", []string{"tables"}, (*examination).waiting},
	{"last run", []string{"tables"}, (*examination).lastRun},
	{"idle sessions", []string{"database"}, (*examination).idle},
	{"vacuum", []string{"database"}, (*examination).vacuum},
	{"datadog", nil, (*examination).datadog},
	{"pagerduty", nil, (*examination).pagerDuty},
	{"heartbeat", nil, (*examination).heartbeat},
}

// Examine looks at everything and returns a line for each check, in order. It fails
// only when ctx ends, or when the schemas' names cannot be.
func Examine(ctx context.Context, o Options) ([]Line, error) {
	templates, err := pg.ParseTemplates(sql.FS, o.Names)
	if err != nil {
		return nil, err
	}
	e := &examination{Options: o, db: &pg.DB{Names: o.Names, Templates: templates}}
	if e.FreeDisk == nil {
		e.FreeDisk = pg.FreeDisk
	}
	if e.Timeout == 0 {
		e.Timeout = defaultTimeout
	}
	if e.Patience == nil {
		e.Patience = func(name string) time.Duration { return patience[name] }
	}
	defer e.close(ctx)
	lines := make([]Line, 0, len(checks))
	for _, c := range checks {
		lines = append(lines, e.line(ctx, c))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// An examination is what the checks share.
type examination struct {
	Options
	db      *pg.DB
	conn    *pgx.Conn
	bad     []string // checks that failed
	role    string   // whom we are to the server
	dbName  string
	reports []stages.SourceReport
}

// unmet is the check that went wrong and that c needs, be it by way of others; "" for
// none.
func (e *examination) unmet(c check) string {
	for _, n := range c.needs {
		if slices.Contains(e.bad, n) {
			return n
		}
		if far := e.unmet(checks[slices.IndexFunc(checks, func(o check) bool { return o.name == n })]); far != "" {
			return far
		}
	}
	return ""
}

// statement matches a remedy that is SQL.
var statement = regexp.MustCompile(`^[A-Z]{4,} [A-Z"(]`)

func (e *examination) line(ctx context.Context, c check) Line {
	if n := e.unmet(c); n != "" {
		return Line{c.name, Skipped, "since " + n + " is not right", []string{}}
	}
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	f, err := c.look(e, ctx)
	if err != nil {
		f = e.unseen(err)
	}
	if f.state == Failed {
		e.bad = append(e.bad, c.name)
	}
	remedies := []string{}
	for _, r := range f.remedies {
		if statement.MatchString(r) && !strings.HasSuffix(r, ";") {
			r += ";" // to be pasted one after the other
		}
		remedies = append(remedies, r)
	}
	return Line{c.name, f.state, f.found, remedies}
}

// dial opens a connection that asks nothing of the server: none of a run's settings,
// which a pooler may refuse.
func (e *examination) dial(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(e.DatabaseURL)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams = map[string]string{"application_name": "attribution doctor"}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	if e.Password != nil {
		if config.Password, err = e.Password(ctx, config); err != nil {
			return nil, err
		}
	}
	return pgx.ConnectConfig(ctx, config)
}

// reconnect sees that there is a connection, where a check before has cost us the last
// one.
func (e *examination) reconnect(ctx context.Context) error {
	if !e.conn.IsClosed() {
		return nil
	}
	conn, err := e.dial(ctx)
	if err != nil {
		e.bad = append(e.bad, "database") // it was there, and is gone
		return err
	}
	e.conn = conn
	return nil
}

// read lets fn read in a transaction that can write nothing.
func (e *examination) read(ctx context.Context, fn func(tx pgx.Tx) error) error {
	if err := e.reconnect(ctx); err != nil {
		return err
	}
	return e.readOn(ctx, e.conn, fn)
}

func (e *examination) readOn(ctx context.Context, conn *pgx.Conn, fn func(tx pgx.Tx) error) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		tx.Rollback(ctx)
	}()
	if _, err := e.db.Exec(ctx, tx, "10_doctor/010_careful.sql", pg.Data{}, nil); err != nil {
		return err
	}
	return fn(tx)
}

// collect reads the rows of one statement.
func collect[T any](ctx context.Context, e *examination, file string, args pg.Args, scan pgx.RowToFunc[T]) (all []T, err error) {
	err = e.read(ctx, func(tx pgx.Tx) error {
		all, err = pg.Collect(ctx, e.db, tx, file, pg.Data{}, args, scan)
		return err
	})
	return all, err
}

// one reads the one row of a statement.
func (e *examination) one(ctx context.Context, file string, args pg.Args, dest ...any) error {
	return e.read(ctx, func(tx pgx.Tx) error { return e.db.Scan(ctx, tx, file, pg.Data{}, args, dest...) })
}

func (e *examination) close(ctx context.Context) {
	if e.conn == nil {
		return
	}
	hangUp(ctx, e.conn)
}

// hangUp ends a connection, also one that nobody answers on any more.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	conn.Close(ctx)
}

// unseen is the finding of a check that could not look.
func (e *examination) unseen(err error) finding {
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "42501":
		return failed("cannot be seen: "+refused.Message, "grant what the line privileges names")
	case errors.As(err, &refused) && (refused.Code == "55P03" || refused.Code == "57014"):
		return failed("cannot be seen: another session holds what this looks at, or the server is very busy",
			"SELECT pid, state, xact_start FROM pg_catalog.pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start")
	case errors.As(err, &refused):
		return failed(fmt.Sprintf("cannot be seen: %s (SQLSTATE %s)", refused.Message, refused.Code), "look the SQLSTATE up in the list of error codes of PostgreSQL's manual")
	case pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded):
		return failed(fmt.Sprintf("no answer within %s", e.Timeout), "see that the server is up and not overloaded, and that nothing between here and there swallows packets")
	}
	return failed("cannot be seen: "+oneLine(err), "see that the server is up, and ask again")
}

// oneLine is an error's text on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// pairs are the schemas and names of tables as statements take them.
func pairs(tables []pg.Table) pg.Args {
	schemas, names := make([]string, len(tables)), make([]string, len(tables))
	for i, t := range tables {
		schemas[i], names[i] = t.Schema, t.Name
	}
	return pg.Args{"schemas": schemas, "names": names}
}

// ident quotes a name of the catalog.
func ident(parts ...string) string { return pg.MustIdent(parts...).String() }

// some lists a few names, and how many more there are.
func some(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
