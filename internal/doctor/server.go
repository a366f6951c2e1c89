package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
)

// The majors of PostgreSQL that are supported.
const oldest, newest = 14, 18

func (e *examination) database(ctx context.Context) (finding, error) {
	conn, err := e.dial(ctx)
	if err != nil {
		return e.unreachable(err), nil
	}
	e.conn = conn
	e.role, e.dbName = conn.Config().User, conn.Config().Database
	where := address(conn.Config())
	if c, encrypted := conn.PgConn().Conn().(*tls.Conn); encrypted {
		return ok("%s, with %s", where, tls.VersionName(c.ConnectionState().Version)), nil
	}
	if !isLocal(conn.Config().Host) {
		return warning(where+", without TLS: passwords and events cross the network in the clear", "add sslmode=verify-full to the database URL, and sslrootcert=FILE where the authority is not a public one"), nil
	}
	return ok("%s, without TLS, on this machine", where), nil
}

// address is the URL of a server without what is secret in it.
func address(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") {
		return u.String() + "?host=" + c.Host
	}
	u.Host = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	return u.String()
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// unreachable says why there is no connection.
func (e *examination) unreachable(err error) finding {
	config, wrong := pgx.ParseConfig(e.DatabaseURL)
	if wrong != nil { // its text may hold the password
		return failed("the database URL cannot be read", "DATABASE_URL=postgres://user:password@host:5432/database")
	}
	where := address(config)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		if pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) {
			return failed(fmt.Sprintf("%s: no answer within %s", where, e.Timeout), "see that host and port are right, and that a firewall lets this machine through")
		}
		return failed(where+": "+oneLine(err), "see that host and port in DATABASE_URL are right, and that the server is up and takes connections from here")
	}
	text := fmt.Sprintf("%s: %s (SQLSTATE %s)", where, refused.Message, refused.Code)
	switch refused.Code {
	case "28P01", "28000":
		return failed(text, "give DATABASE_URL the right role and password, and see that pg_hba.conf lets the role in from here")
	case "3D000":
		return failed(text, "CREATE DATABASE "+ident(config.Database))
	case "42501":
		return failed(text, fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", ident(config.Database), ident(config.User)))
	case "53300":
		return failed(text, "end sessions nobody needs, or raise max_connections")
	}
	return failed(text, "see the server's log")
}

var major = regexp.MustCompile(`^\d+`)

func (e *examination) version(context.Context) (finding, error) {
	version := e.conn.PgConn().ParameterStatus("server_version")
	n, err := strconv.Atoi(major.FindString(version))
	supported := fmt.Sprintf("%d to %d are supported", oldest, newest)
	switch {
	case err != nil:
		return failed(fmt.Sprintf("the server says it is %q; PostgreSQL %s", version, supported), "connect to a PostgreSQL server"), nil
	case n < oldest:
		return failed(fmt.Sprintf("PostgreSQL %s; %s", version, supported), "upgrade the server"), nil
	case n > newest:
		return warning(fmt.Sprintf("PostgreSQL %s; %s, later ones are untried", version, supported), "look for a newer release of this program"), nil
	}
	return ok("PostgreSQL %s; %s", version, supported), nil
}

// A rule says which values of a numeric setting are no good for a run.
type rule struct {
	name   string
	bad    func(v int64) bool // in the setting's own unit
	state  State
	why    string
	good   string // a value that does
	server bool   // of the server, not of the session
}

var rules = []rule{
	{"statement_timeout", func(ms int64) bool { return ms > 0 && ms < 10*60_000 }, Warning, "cuts long statements of a first reading short", "90min", false},
	{"idle_session_timeout", func(ms int64) bool { return ms > 0 }, Failed, "ends the session that holds the run lock", "0", false},
	{"idle_in_transaction_session_timeout", func(ms int64) bool { return ms > 0 && ms < 10*60_000 }, Failed, "ends transactions while this program computes", "0", false},
	{"transaction_timeout", func(ms int64) bool { return ms > 0 && ms < 90*60_000 }, Failed, "cuts a month's transaction short", "0", false},
	{"work_mem", func(kB int64) bool { return kB < 4096 }, Warning, "makes every sort write to disk", "64MB", false},
	{"temp_file_limit", func(kB int64) bool { return kB >= 0 }, Warning, "ends sorts of more than that (SQLSTATE 53400)", "-1", false},
	{"max_wal_size", func(mB int64) bool { return mB < 1024 }, Warning, "makes a first reading checkpoint all the time", "4GB", true},
}

// settings looks at those of a session as a run has it: the role's and the database's
// under those that a run asks for.
func (e *examination) settings(ctx context.Context) (finding, error) {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.name
	}
	values := map[string]int64{}
	err := e.asARun(ctx, func(conn *pgx.Conn) error {
		return e.readOn(ctx, conn, func(tx pgx.Tx) error {
			rows, err := e.db.Query(ctx, tx, "10_doctor/030_settings.sql", pg.Data{}, pg.Args{"names": names})
			if err != nil {
				return err
			}
			var name string
			var value int64
			_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error { values[name] = value; return nil })
			return err
		})
	})
	var refused *pgconn.PgError
	switch {
	case isPooler(err):
		return finding{Skipped, "no session with a run's settings can be had: see pooler", nil}, nil
	case errors.As(err, &refused) && strings.Contains(refused.Message, "client_connection_check_interval"):
		return failed("client_connection_check_interval cannot be set on this server: "+refused.Message, "add client_connection_check_interval=0 to the database URL: a statement whose client was killed then runs on to its end"), nil
	case errors.As(err, &refused):
		return failed(fmt.Sprintf("the server refuses a session with a run's settings: %s (SQLSTATE %s)", refused.Message, refused.Code), "take the setting out of the database URL, or allow it on the server"), nil
	case err != nil:
		return finding{}, err
	}
	f := finding{state: OK}
	var wrong []string
	for _, r := range rules {
		v, known := values[r.name]
		if !known || !r.bad(v) {
			continue
		}
		wrong = append(wrong, r.name+" "+r.why)
		if f.state != Failed {
			f.state = r.state
		}
		f.remedies = append(f.remedies, e.set(r)...)
	}
	f.found = strings.Join(wrong, "; ")
	if len(wrong) == 0 {
		f.found = "none that would cut a run short"
	}
	return f, nil
}

// asARun lends a connection with the settings a run asks for.
func (e *examination) asARun(ctx context.Context, fn func(conn *pgx.Conn) error) error {
	pool, err := pg.Connect(ctx, e.DatabaseURL, pg.WithPassword(e.Password))
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer hangUp(ctx, conn.Conn()) // the pool would wait longer for a goodbye
	return fn(conn.Conn())
}

// set is what gives a setting a good value.
func (e *examination) set(r rule) []string {
	switch {
	case r.server:
		return []string{fmt.Sprintf("ALTER SYSTEM SET %s = '%s'", r.name, r.good), "SELECT pg_catalog.pg_reload_conf()"}
	case r.name == "statement_timeout": // we ask for our own, unless the URL does
		return []string{"leave statement_timeout out of the database URL, or let it be " + r.good}
	}
	return []string{fmt.Sprintf("ALTER ROLE %s IN DATABASE %s SET %s = '%s'", ident(e.role), ident(e.dbName), r.name, r.good)}
}

func (e *examination) connections(ctx context.Context) (finding, error) {
	var most, used, ofDatabase, inDatabase, ofRole, byRole int
	if err := e.one(ctx, "10_doctor/031_connections.sql", nil, &most, &used, &ofDatabase, &inDatabase, &ofRole, &byRole); err != nil {
		return finding{}, err
	}
	need := 2*e.Settings.Workers() + 2
	for _, limit := range []struct {
		whose      string
		most, used int
		remedy     string
	}{
		{"the role " + e.role, ofRole, byRole, fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT %d", ident(e.role), 2*need)},
		{"the database", ofDatabase, inDatabase, fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", ident(e.dbName), 2*need)},
		{"the server", most, used, fmt.Sprintf("ALTER SYSTEM SET max_connections = %d, then restart the server; or set parallelism lower", most+2*need)},
	} {
		switch text := fmt.Sprintf("a run opens up to %d; %s allows %d, and has %d", need, limit.whose, limit.most, limit.used); {
		case limit.most < 0:
		case limit.most < need:
			return failed(text, limit.remedy), nil
		case limit.most-limit.used < need:
			return warning(text, limit.remedy), nil
		}
	}
	return ok("a run opens up to %d; %d of %d are free", need, most-used, most), nil
}

func (e *examination) writable(ctx context.Context) (finding, error) {
	var recovering, readOnly bool
	if err := e.one(ctx, "10_doctor/020_who.sql", nil, &e.dbName, &e.role, &recovering, &readOnly); err != nil {
		return finding{}, err
	}
	switch {
	case recovering:
		return failed("the server is a standby: nothing can be written", "let DATABASE_URL name the primary, or several hosts and target_session_attrs=read-write"), nil
	case readOnly:
		return failed("default_transaction_read_only is on: nothing can be written",
			fmt.Sprintf("BEGIN READ WRITE; ALTER ROLE %s IN DATABASE %s SET default_transaction_read_only = off; COMMIT", ident(e.role), ident(e.dbName))), nil
	}
	return ok("a primary, and transactions may write"), nil
}

// isPooler reports whether the error is how a pooler says that it does not pass
// settings on.
func isPooler(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "08P01" && strings.Contains(refused.Message, "unsupported startup parameter")
}

// direct is the remedy for a pooler.
const direct = "connect to the server itself, or let the pooler have this role and database in session mode: a run keeps locks, settings and temporary tables in its sessions"

// pooler holds two connections at once, and asks again and again who serves them: two
// clients with one server process share it, and one with two is handed around.
func (e *examination) pooler(ctx context.Context) (finding, error) {
	if err := e.reconnect(ctx); err != nil {
		return finding{}, err
	}
	other, err := e.dial(ctx)
	if err != nil {
		return finding{}, err
	}
	defer hangUp(ctx, other)
	var pids [2]int32
	conns := []*pgx.Conn{e.conn, other}
	for _, i := range []int{0, 1, 0, 0, 1, 1, 0} { // not in turn, as a pooler may take its own
		pid, _, err := e.backend(ctx, conns[i])
		if err != nil {
			return finding{}, err
		}
		if pids[i] != 0 && pids[i] != pid || pids[1-i] == pid {
			return failed("a pooler hands server sessions around between transactions", direct), nil
		}
		pids[i] = pid
	}
	if err := e.simple(ctx, other, "10_doctor/041_remember.sql", new(string)); err != nil {
		return finding{}, err
	}
	_, kept, err := e.backend(ctx, other)
	if err != nil {
		return finding{}, err
	}
	if kept == "" {
		return failed("something between here and the server clears sessions between transactions", direct), nil
	}
	hangUp(ctx, other) // there may be few to be had
	var refused *pgconn.PgError
	err = e.asARun(ctx, func(*pgx.Conn) error { return nil }) // other errors are for server settings
	if isPooler(err) && errors.As(err, &refused) {
		return failed("a pooler does not pass a run's settings on: "+refused.Message, direct), nil
	}
	return ok("sessions are real ones: what one sets stays, and is its own"), nil
}

// backend is the server's process behind a connection, and what its session remembers.
func (e *examination) backend(ctx context.Context, conn *pgx.Conn) (pid int32, kept string, err error) {
	err = e.simple(ctx, conn, "10_doctor/040_backend.sql", &pid, &kept)
	return pid, kept, err
}

// simple sends a statement in one message, so that it is a transaction of its own.
func (e *examination) simple(ctx context.Context, conn *pgx.Conn, file string, dest ...any) error {
	statement, err := e.db.Templates.Render(file, pg.Data{})
	if err != nil {
		return err
	}
	return conn.QueryRow(ctx, statement, pgx.QueryExecModeSimpleProtocol).Scan(dest...)
}

// clockDifference is how far two clocks may be apart before somebody wonders.
const clockDifference = time.Minute

func (e *examination) clock(ctx context.Context) (finding, error) {
	var there time.Time
	before := e.Now()
	if err := e.one(ctx, "10_doctor/080_clock.sql", nil, &there); err != nil {
		return finding{}, err
	}
	here := before.Add(e.Now().Sub(before) / 2)
	difference := here.Sub(there).Round(time.Second)
	if difference.Abs() > clockDifference {
		return warning(fmt.Sprintf("this machine's clock and the database's are %s apart; runs go by the database's", difference.Abs()),
			"set the clock that is wrong by NTP, such as timedatectl set-ntp true"), nil
	}
	return ok("this machine's and the database's are at most a minute apart"), nil
}

// diskReserve is what a server needs beside its tables: log and temporary files.
const diskReserve = 256 << 20

func (e *examination) disk(ctx context.Context) (f finding, err error) {
	err = e.read(ctx, func(tx pgx.Tx) error {
		var size, published int64
		if err := e.db.Scan(ctx, tx, "10_doctor/090_sizes.sql", pg.Data{}, pairs(stages.Published(e.Names)), &size, &published); err != nil {
			return err
		}
		free, known := e.FreeDisk(ctx, tx, e.conn.Config().Host)
		need := published + diskReserve
		switch text := fmt.Sprintf("the database takes %s; a full run needs %s for a while", bytes(size), bytes(need)); {
		case !known:
			f = ok("%s; how much is free the server does not tell: see for yourself", text)
		case free < need:
			f = warning(fmt.Sprintf("%s, of which %s are free", text, bytes(free)), "make room on the disk of the server's data directory")
		default:
			f = ok("%s; %s are free", text, bytes(free))
		}
		return nil
	})
	return f, err
}

// bytes writes a size.
func bytes(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%d MB", (n+999_999)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// interval is a duration as a bound value of type interval.
func interval(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }

func (e *examination) vacuum(ctx context.Context) (finding, error) {
	held, err := collect(ctx, e, "10_doctor/120_held_back.sql", pg.Args{"patience": interval(e.Patience("vacuum"))}, pgx.RowToStructByPos[struct{ What, Remedy string }])
	if err != nil {
		return finding{}, err
	}
	if len(held) == 0 {
		return ok("nothing this role may see holds it back: no old transaction, no unread replication slot"), nil
	}
	f := finding{state: Warning}
	var what []string
	for _, h := range held {
		what, f.remedies = append(what, h.What), append(f.remedies, h.Remedy)
	}
	f.found = "dead rows and old log stay: " + some(what)
	return f, nil
}
