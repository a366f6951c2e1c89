package faults

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Options say what happens to a conversation.
type Options struct {
	At    int   // the step the fault happens to, from 1; 0: to none
	Fault Fault // what happens

	// Kill ends the client and returns when it is gone. Needed by faults that kill.
	Kill func()
	// Do is what Meanwhile does.
	Do func()
	// Idle is called, one call at a time, whenever a session has ended a transaction and
	// before its client knows. Nil: nothing is.
	Idle func()

	Latency   time.Duration // every request and every reply is as late; 0: none
	Bandwidth int           // bytes a second either way; 0: unlimited
}

// replyTimeout bounds the wait for a reply that is then withheld.
const replyTimeout = time.Minute

// A Proxy is an address that leads to a server, and what happens on the way. It counts
// what its clients ask of the server: a step is a connection that is opened, a simple
// query, the messages of the extended protocol up to Sync, one message of COPY, or the
// end of a COPY. Pings of the connection pool are not steps: whether one is sent
// depends on the clock.
type Proxy struct {
	listener net.Listener
	network  string
	server   string
	options  Options

	mu    sync.Mutex
	steps []string
	fired string
	links map[*link]bool
	done  bool
	idle  sync.Mutex
	all   sync.WaitGroup
}

// Listen opens a proxy to the server of the URL, on a local port.
func Listen(url string, o Options) (*Proxy, error) {
	c, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the server's URL: %w", err)
	}
	p := &Proxy{options: o, links: map[*link]bool{}}
	p.network, p.server = pgconn.NetworkAddress(c.Host, c.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.all.Go(p.accept)
	return p, nil
}

// URL is that of the same database through the proxy.
func (p *Proxy) URL(url string) (string, error) {
	c, err := pgconn.ParseConfig(url)
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(p.listener.Addr().String())
	if err != nil {
		return "", err
	}
	dsn := fmt.Sprintf("host=%s port=%s sslmode=disable", host, port)
	for k, v := range map[string]string{"user": c.User, "password": c.Password, "dbname": c.Database} {
		if v != "" {
			dsn += " " + k + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
		}
	}
	return dsn, nil
}

// Steps are the names of the steps so far.
func (p *Proxy) Steps() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.steps...)
}

// Fired is the name of the step the fault happened to, "" while it has not.
func (p *Proxy) Fired() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fired
}

// Close ends the proxy and every connection through it. Closing again does nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.done {
		p.mu.Unlock()
		return nil
	}
	p.done = true
	err := p.listener.Close()
	for l := range p.links {
		l.close()
	}
	p.mu.Unlock()
	p.all.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(client) })
	}
}

// step numbers a step, and says whether the fault happens to it.
func (p *Proxy) step(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, name)
	if p.options.At != len(p.steps) {
		return false
	}
	p.fired = name
	return true
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial(p.network, p.server)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server, done: make(chan struct{}, 1), gone: make(chan struct{})}
	p.mu.Lock()
	if p.done {
		l.close()
	}
	p.links[l] = true
	p.mu.Unlock()
	var replies sync.WaitGroup
	replies.Go(l.replies)
	_ = l.requests() // the end of a connection is told to both ends, and that is all
	l.close()
	replies.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// A link is one connection of a client and its session at the server.
type link struct {
	proxy          *Proxy
	client, server net.Conn

	unit      []byte // messages not sent yet: of the extended protocol, up to Sync
	statement string // the name of the statement parsed last
	copying   bool   // between a COPY and the end of its data

	withhold atomic.Bool   // replies are not passed on
	until    atomic.Int32  // type of the reply that ends what is withheld
	done     chan struct{} // that reply came
	gone     chan struct{} // the server's side has ended
	ran      bool          // the server completed a statement since the session was last idle
	rewrite  atomic.Bool   // the next error is told as the fault's
	skip     atomic.Int32  // replies to our own ROLLBACK that are not passed on: see refuse
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// reset ends the connection as a network does, the client's side without a word.
func (l *link) reset() error {
	if c, ok := l.client.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	l.close()
	return errors.New("reset")
}

const (
	cancelRequest = 80877102
	sslRequest    = 80877103
	gssRequest    = 80877104
)

// requests passes on what the client sends.
func (l *link) requests() error {
	r := bufio.NewReader(l.client)
	for {
		first, err := readStartup(r)
		if err != nil {
			return err
		}
		switch code := binary.BigEndian.Uint32(first[4:]); code {
		case sslRequest, gssRequest:
			if _, err := l.client.Write([]byte("N")); err != nil {
				return err
			}
			continue
		case cancelRequest:
			return l.send(first)
		}
		if err := l.take("connect", first, 'Z'); err != nil {
			return err
		}
		break
	}
	for {
		kind, message, err := readMessage(r)
		if err != nil {
			return err
		}
		if err := l.request(kind, message); err != nil {
			return err
		}
	}
}

// request passes on one message, as a step of its own or with those it belongs to.
func (l *link) request(kind byte, message []byte) error {
	switch kind {
	case 'Q':
		var q pgproto3.Query
		if err := q.Decode(message[5:]); err != nil {
			return err
		}
		name := nameOf(q.String)
		if name == "-- ping" {
			return l.send(message)
		}
		until := byte('Z')
		if l.copying = strings.HasPrefix(q.String, "COPY "); l.copying {
			until = 'G'
		}
		l.statement = name
		return l.take(name, message, until)
	case 'd':
		return l.take("data of "+l.statement, message, 0)
	case 'c':
		err := l.take("end of "+l.statement, message, 'Z')
		l.copying = false
		return err
	case 'P', 'B', 'D', 'E', 'C':
		if kind == 'P' {
			var parse pgproto3.Parse
			if err := parse.Decode(message[5:]); err != nil {
				return err
			}
			l.statement = "prepare " + nameOf(parse.Query)
		}
		if kind == 'E' {
			l.statement = strings.TrimPrefix(l.statement, "prepare ")
		}
		l.unit = append(l.unit, message...)
		return nil
	case 'S':
		unit := append(l.unit, message...)
		l.unit = nil
		return l.take(l.statement, unit, 'Z')
	}
	return l.send(message) // a password, the end of the session, or Flush
}

// take passes a step on, or does the fault to it. The reply to it ends with a message
// of type until; 0: there is none.
func (l *link) take(name string, unit []byte, until byte) error {
	if !l.proxy.step(name) {
		return l.send(unit)
	}
	f := l.proxy.options.Fault
	switch f.how {
	case killBefore:
		l.proxy.options.Kill()
		return l.reset()
	case meanwhile:
		l.proxy.options.Do()
		return l.send(unit)
	case killAfter:
		err := l.doAndWithhold(unit, until)
		l.proxy.options.Kill()
		return errors.Join(err, l.reset())
	case replyLost:
		return errors.Join(l.doAndWithhold(unit, until), l.reset())
	case unknown:
		return errors.Join(l.doAndWithhold(unit, until), l.sayFatal(f))
	case fatal:
		return l.sayFatal(f)
	case refused:
		if name == "connect" { // what is refused then is refused for good
			return l.sayFatal(f)
		}
		return l.refuse(name, f)
	default:
		return l.reset()
	}
}

// send writes to the server, as late and as slowly as the network is.
func (l *link) send(b []byte) error {
	l.proxy.delay(len(b), true)
	_, err := l.server.Write(b)
	return err
}

// doAndWithhold lets the server do the step and keeps its reply.
func (l *link) doAndWithhold(unit []byte, until byte) error {
	l.until.Store(int32(until))
	l.withhold.Store(true)
	if err := l.send(unit); err != nil || until == 0 {
		return err
	}
	select {
	case <-l.done:
		return nil
	case <-l.gone:
		return nil
	case <-time.After(replyTimeout):
		return errors.New("no reply to withhold")
	}
}

// sayFatal tells the client that the session ends, and ends it.
func (l *link) sayFatal(f Fault) error {
	l.withhold.Store(true)
	b, err := (&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: f.Code, Message: f.Message}).Encode(nil)
	if err != nil {
		return err
	}
	if _, err := l.client.Write(b); err != nil {
		return err
	}
	_ = l.server.Close()
	if c, ok := l.client.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	// What the client still sends is read: closing before that would be a reset, and
	// the client might not read what it was told.
	enough := time.AfterFunc(time.Second, func() { _ = l.client.Close() })
	defer enough.Stop()
	_, err = io.Copy(io.Discard, l.client)
	return err
}

// refuse makes the server itself fail with the fault's code in place of the step, so
// that its transaction is aborted as the client is told.
func (l *link) refuse(name string, f Fault) error {
	var b []byte
	add := func(m pgproto3.FrontendMessage) {
		b, _ = m.Encode(b) // neither is too long
	}
	if l.copying && name != l.statement {
		l.rewrite.Store(true)
		add(&pgproto3.CopyFail{Message: f.Message})
		return l.send(b)
	}
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	add(&pgproto3.Query{String: "DO $do$ BEGIN RAISE EXCEPTION USING ERRCODE = " + quote(f.Code) + ", MESSAGE = " + quote(f.Message) + "; END $do$"})
	if name == "commit" { // which ends the transaction also when it fails
		l.skip.Store(1)
		add(&pgproto3.Query{String: "ROLLBACK"})
	}
	return l.send(b)
}

// replies passes on what the server sends.
func (l *link) replies() {
	defer func() {
		close(l.gone)
		if !l.withhold.Load() { // else the client is told something else first
			_ = l.client.Close()
		}
	}()
	r, w := bufio.NewReaderSize(l.server, 64<<10), bufio.NewWriterSize(l.client, 64<<10)
	for {
		kind, message, err := readMessage(r)
		if err != nil {
			return
		}
		if kind == 'C' {
			l.ran = true
		}
		if kind == 'Z' && message[5] == 'I' && l.ran && l.proxy.options.Idle != nil {
			l.ran = false
			l.proxy.idle.Lock()
			l.proxy.options.Idle()
			l.proxy.idle.Unlock()
		}
		if l.withhold.Load() && kind != 'R' {
			if kind == 'Z' || int32(kind) == l.until.Load() {
				select {
				case l.done <- struct{}{}:
				default:
				}
			}
			continue
		}
		switch {
		case kind == 'E' && l.rewrite.CompareAndSwap(true, false):
			f := l.proxy.options.Fault
			if message, err = (&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: f.Code, Message: f.Message}).Encode(nil); err != nil {
				return
			}
		case kind == 'Z' && l.skip.CompareAndSwap(1, 2), kind == 'C' && l.skip.CompareAndSwap(2, 0):
			continue
		}
		l.proxy.delay(len(message), kind == 'Z')
		if _, err := w.Write(message); err != nil {
			return
		}
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return
			}
		}
	}
}

// delay is what the network takes for so many bytes; the last of a turn has the latency
// of them all.
func (p *Proxy) delay(bytes int, last bool) {
	var d time.Duration
	if last {
		d = p.options.Latency
	}
	if p.options.Bandwidth > 0 {
		d += time.Duration(float64(bytes) / float64(p.options.Bandwidth) * float64(time.Second))
	}
	if d > 0 {
		time.Sleep(d)
	}
}

// readStartup reads a message of before the session: without a type.
func readStartup(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n < 8 || n > 10_000 { // the server's own limit
		return nil, fmt.Errorf("a startup message of %d bytes", n)
	}
	message := append(head, make([]byte, n-4)...)
	_, err := io.ReadFull(r, message[4:])
	return message, err
}

// readMessage reads one message: a byte of type, four of length, the body.
func readMessage(r io.Reader) (kind byte, message []byte, err error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n < 4 || n > 1<<30 {
		return 0, nil, fmt.Errorf("a message of %d bytes", n)
	}
	message = append(head, make([]byte, n-4)...)
	_, err = io.ReadFull(r, message[5:])
	return head[0], message, err
}

// comment is the comment a statement begins with.
var comment = regexp.MustCompile(`(?m)\A(?:--.*\n)+`)

// nameOf is the first line of a statement's SQL, which says what it is about.
func nameOf(sql string) string {
	name := strings.TrimSpace(comment.ReplaceAllString(sql, ""))
	name = strings.Join(strings.Fields(name), " ")
	if len(name) > 100 {
		name = name[:100]
	}
	return name
}
