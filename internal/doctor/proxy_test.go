package doctor_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/doctor"
)

// A pooler stands between clients and a server, as PgBouncer does: it keeps sessions of
// its own, and hands one to a client for each transaction.
type pooler struct {
	t        *testing.T
	server   string                            // the database's URL
	version  string                            // the server's, as clients are told; "": its own
	refuses  map[string]pgproto3.ErrorResponse // clients, by a setting they ask for
	own      bool                              // each client has a session to itself, cleared after each transaction
	faithful bool                              // each client has a session to itself, as it leaves it
	silentOn string                            // falls silent when a statement has these words in it
	diesOn   string                            // takes no connections any more, and ends those there are, when one has these

	end context.CancelFunc

	mu       sync.Mutex
	free     []*pgconn.HijackedConn
	rotating bool // a session that comes back is the last to be lent again
}

// start listens and returns the URL for clients.
func (p *pooler) start(t *testing.T, i *installation, host string) string {
	t.Helper()
	p.t, p.server = t, i.url
	listener, err := net.Listen("tcp", host+":0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	p.end = func() {
		cancel()
		listener.Close()
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		p.end()
		all.Wait()
		for _, s := range p.free {
			s.Conn.Close()
		}
	})
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { conn.Close() })
			all.Go(func() {
				defer conn.Close()
				p.serve(ctx, conn)
			})
		}
	})
	server, err := url.Parse(i.url)
	require.NoError(t, err)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(server.User.Username(), password), Host: listener.Addr().String(), Path: server.Path, RawQuery: "sslmode=disable"}
	return u.String()
}

// session is one of the pooler's own; nil when there is none to be had.
func (p *pooler) session(ctx context.Context) *pgconn.HijackedConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 1 || n == 1 && !p.rotating {
		s := p.free[n-1]
		if p.rotating {
			s, p.free = p.free[0], append(p.free[1:], nil)
		}
		p.free = p.free[:n-1]
		return s
	}
	conn, err := pgconn.Connect(ctx, p.server)
	if err != nil {
		return nil
	}
	s, err := conn.Hijack()
	if err != nil {
		return nil
	}
	return s
}

func (p *pooler) giveBack(s *pgconn.HijackedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, s)
}

// serve is one client, from its first message to its last.
func (p *pooler) serve(ctx context.Context, conn net.Conn) {
	client := pgproto3.NewBackend(conn, conn)
	first, err := client.ReceiveStartupMessage()
	startup, ok := first.(*pgproto3.StartupMessage)
	if err != nil || !ok {
		return // a request to cancel
	}
	for name, refusal := range p.refuses {
		if _, asked := startup.Parameters[name]; asked {
			client.Send(&refusal)
			_ = client.Flush()
			return
		}
	}
	s := p.session(ctx)
	if s == nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	for name, value := range s.ParameterStatuses {
		if name == "server_version" && p.version != "" {
			value = p.version
		}
		client.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	client.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	if !p.own && !p.faithful {
		p.giveBack(s)
		s = nil
	}
	defer func() {
		if s != nil {
			s.Conn.Close()
		}
	}()
	for {
		message, err := client.Receive()
		if err != nil {
			return
		}
		if _, ends := message.(*pgproto3.Terminate); ends {
			return
		}
		if p.diesOn != "" && strings.Contains(said(message), p.diesOn) {
			p.end()
			return
		}
		if p.silentOn != "" && strings.Contains(said(message), p.silentOn) {
			<-ctx.Done()
			return
		}
		if s == nil {
			if s = p.session(ctx); s == nil {
				return
			}
		}
		s.Frontend.Send(message)
		if !asks(message) {
			continue
		}
		status, err := relay(s, client)
		if err != nil {
			return
		}
		switch {
		case status != 'I' || p.faithful:
		case p.own:
			s.Frontend.Send(&pgproto3.Query{String: "DISCARD ALL"})
			if _, err := relay(s, nil); err != nil {
				return
			}
		default:
			p.giveBack(s)
			s = nil
		}
	}
}

// asks reports whether the server answers the message at once.
func asks(m pgproto3.FrontendMessage) bool {
	switch m.(type) {
	case *pgproto3.Query, *pgproto3.Sync:
		return true
	}
	return false
}

func said(m pgproto3.FrontendMessage) string {
	switch m := m.(type) {
	case *pgproto3.Query:
		return m.String
	case *pgproto3.Parse:
		return m.Query
	}
	return ""
}

// relay hands the server's answer on, to its end, and returns the transaction's status.
func relay(s *pgconn.HijackedConn, client *pgproto3.Backend) (status byte, err error) {
	if err := s.Frontend.Flush(); err != nil {
		return 0, err
	}
	for {
		message, err := s.Frontend.Receive()
		if err != nil {
			return 0, err
		}
		if client != nil {
			client.Send(message)
		}
		if ready, is := message.(*pgproto3.ReadyForQuery); is {
			if client != nil {
				err = client.Flush()
			}
			return ready.TxStatus, err
		}
	}
}

// refuse is what a server or pooler says to a client before it hangs up.
func refuse(code, message string) pgproto3.ErrorResponse {
	return pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: message}
}

func TestPooler(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pooler *pooler
		says   string
		wrong  []string
	}{
		"one session for two clients":       {&pooler{}, "hands server sessions around", []string{"pooler"}},
		"one session after the other":       {&pooler{rotating: true}, "hands server sessions around", []string{"pooler"}},
		"sessions are cleared":              {&pooler{own: true}, "clears sessions between transactions", []string{"pooler"}},
		"real sessions through a forwarder": {&pooler{faithful: true}, "sessions are real ones", nil},
		"settings are not passed on": {
			&pooler{faithful: true, refuses: map[string]pgproto3.ErrorResponse{"lock_timeout": refuse("08P01", "unsupported startup parameter: lock_timeout")}},
			"does not pass a run's settings on: unsupported startup parameter: lock_timeout",
			[]string{"server settings", "pooler"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := healthy(t)
			i.options.DatabaseURL = c.pooler.start(t, i, "127.0.0.1")
			lines := i.examine(t)
			require.Contains(t, lines["pooler"].Found, c.says, lines)
			require.ElementsMatch(t, c.wrong, wrong(lines), lines)
			if c.wrong != nil {
				require.Equal(t, doctor.Failed, lines["pooler"].State)
				require.Contains(t, lines["pooler"].Remedies[0], "connect to the server itself")
				i.options.DatabaseURL = as(t, i.url, "") // as it says
				require.Empty(t, wrong(i.examine(t)))
			}
		})
	}
}

func TestServerVersion(t *testing.T) {
	t.Parallel()
	for version, c := range map[string]struct {
		state doctor.State
		says  string
	}{
		"13.22":                           {doctor.Failed, "PostgreSQL 13.22; 14 to 18 are supported"},
		"14.0":                            {doctor.OK, "PostgreSQL 14.0"},
		"18.1 (Debian 18.1-1.pgdg120+1)":  {doctor.OK, "PostgreSQL 18.1"},
		"19beta1":                         {doctor.Warning, "later ones are untried"},
		"CockroachDB CCL v25 (like 13.0)": {doctor.Failed, "the server says it is"},
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			i := empty(t)
			i.options.DatabaseURL = (&pooler{faithful: true, version: version}).start(t, i, "127.0.0.1")
			line := i.examine(t)["server version"]
			require.Equal(t, c.state, line.State, line)
			require.Contains(t, line.Found, c.says)
		})
	}
}

// TestRefusedSettings: a server that cannot notice clients that are gone, and one that
// refuses another setting.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	for setting, remedy := range map[string]string{
		"client_connection_check_interval": "add client_connection_check_interval=0 to the database URL",
		"jit":                              "take the setting out of the database URL",
	} {
		i := empty(t)
		p := &pooler{faithful: true, refuses: map[string]pgproto3.ErrorResponse{setting: refuse("22023", `invalid value for parameter "`+setting+`"`)}}
		i.options.DatabaseURL = p.start(t, i, "127.0.0.1")
		line := i.examine(t)["server settings"]
		require.Equal(t, doctor.Failed, line.State, line)
		require.Contains(t, line.Found, setting)
		require.Contains(t, line.Remedies[0], remedy)
	}
}

// TestWithoutTLS warns where the server is not this machine: 0.0.0.0 leads here, but
// does not say so.
func TestWithoutTLS(t *testing.T) {
	t.Parallel()
	i := healthy(t)
	i.options.DatabaseURL = (&pooler{faithful: true}).start(t, i, "0.0.0.0")
	i.options.DatabaseURL = strings.Replace(i.options.DatabaseURL, "[::]", "0.0.0.0", 1)
	lines := i.examine(t)
	require.Equal(t, []string{"database"}, wrong(lines), lines)
	require.Equal(t, doctor.Warning, lines["database"].State)
	require.Contains(t, lines["database"].Found, "without TLS")
	require.Contains(t, lines["database"].Remedies[0], "sslmode=verify-full")
}

// TestGoesSilent: a server that stops answering costs the lines it was asked for their
// time, and the others nothing.
func TestGoesSilent(t *testing.T) {
	t.Parallel()
	for words, silent := range map[string][]string{
		"pg_database_size":      {"disk"},
		"reset_val::bigint":     {"locks", "server settings"}, // also on a session such as a run's
		"'attribution.doctor',": {"pooler"},
	} {
		t.Run(silent[0], func(t *testing.T) {
			t.Parallel()
			i := healthy(t)
			i.options.DatabaseURL = (&pooler{faithful: true, silentOn: words}).start(t, i, "127.0.0.1")
			i.options.Timeout = 3 * time.Second
			started := time.Now()
			lines := i.examine(t)
			require.Less(t, time.Since(started), 30*time.Second)
			require.Equal(t, silent, wrong(lines), lines)
			for _, s := range silent {
				require.Equal(t, doctor.Failed, lines[s].State)
				require.Equal(t, "no answer within 3s", lines[s].Found)
			}
		})
	}
}

// TestGoesAway: a server that is gone in the middle is not asked again and again.
func TestGoesAway(t *testing.T) {
	t.Parallel()
	i := healthy(t)
	i.options.DatabaseURL = (&pooler{faithful: true, diesOn: "pg_database_size"}).start(t, i, "127.0.0.1")
	lines := i.examine(t)
	require.ElementsMatch(t, []string{"disk", "locks", "waiting work", "last run", "idle sessions", "vacuum"}, wrong(lines), lines)
	for check, found := range map[string]string{"disk": "cannot be seen: ", "locks": "connection re(fused|set)"} {
		require.Equal(t, doctor.Failed, lines[check].State)
		require.Regexp(t, found, lines[check].Found)
	}
	for _, check := range []string{"waiting work", "last run", "idle sessions", "vacuum"} {
		require.Equal(t, doctor.Skipped, lines[check].State)
		require.Equal(t, "since database is not right", lines[check].Found)
	}
}
