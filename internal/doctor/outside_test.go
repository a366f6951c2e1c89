package doctor_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/doctor"
)

// outside is an installation without a database: what is told of runs.
func outside(t *testing.T) *installation {
	t.Helper()
	i := installed(t, "postgres://etl@127.0.0.1:1/warehouse")
	return i
}

// agent listens for numbers, and hands on what comes.
func agent(t *testing.T) (address string, packets chan string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	packets = make(chan string, 10)
	go func() {
		defer close(packets)
		buffer := make([]byte, 1000)
		for {
			n, _, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			packets <- string(buffer[:n])
		}
	}()
	return conn.LocalAddr().String(), packets
}

func TestDatadog(t *testing.T) {
	t.Parallel()
	i := outside(t)
	look := func() doctor.Line { return i.examine(t)["datadog"] }
	require.Equal(t, doctor.OK, look().State)
	require.Contains(t, look().Found, "not configured")

	address, packets := agent(t)
	i.options.DogStatsD = address
	require.Equal(t, doctor.OK, look().State)
	require.Equal(t, "\n", <-packets, "no number")
	require.Equal(t, "\n", <-packets, "no number")

	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	i.options.DogStatsD = closed.LocalAddr().String()
	require.NoError(t, closed.Close())
	line := look()
	require.Equal(t, doctor.Warning, line.State)
	require.Equal(t, "nobody listens at "+i.options.DogStatsD+": connection refused", line.Found)
	require.Contains(t, line.Remedies[0], "start the Datadog agent")

	i.options.DogStatsD = "unix://" + filepath.Join(t.TempDir(), "none.sock")
	require.Equal(t, doctor.Warning, look().State)
	require.Contains(t, look().Found, "no such file or directory")

	for network, scheme := range map[string]string{"unixgram": "unix", "unix": "unixstream"} {
		path := filepath.Join(t.TempDir(), "dsd.sock")
		i.options.DogStatsD = scheme + "://" + path
		if network == "unix" {
			listener, err := net.Listen(network, path)
			require.NoError(t, err)
			defer listener.Close()
		} else {
			listener, err := net.ListenPacket(network, path)
			require.NoError(t, err)
			defer listener.Close()
		}
		require.Equal(t, doctor.OK, look().State, look())
	}

	i.options.DogStatsD = "no-such-host.invalid:8125"
	require.Equal(t, doctor.Warning, look().State)
}

func TestPagerDuty(t *testing.T) {
	t.Parallel()
	i := outside(t)
	look := func() doctor.Line { return i.examine(t)["pagerduty"] }
	require.Equal(t, doctor.OK, look().State)
	require.Contains(t, look().Found, "not configured: nobody is paged")

	var bodies []string
	status := http.StatusBadRequest
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+string(body))
		w.WriteHeader(status)
	}))
	defer server.Close()

	i.options.EventsEndpoint = server.URL
	require.Equal(t, doctor.Warning, look().State)
	require.Contains(t, look().Found, "no routing key")

	i.options.RoutingKey = routingKey
	line := look()
	require.Equal(t, doctor.OK, line.State, line)
	require.Equal(t, []string{"POST /v2/enqueue {}"}, bodies, "no event")

	status = http.StatusNotFound
	line = look()
	require.Equal(t, doctor.Failed, line.State)
	require.Contains(t, line.Found, "answers an empty event with 404, not 400")
	require.Contains(t, line.Remedies[0], "notify.pagerduty_endpoint")

	i.options.RoutingKey = routingKey[1:]
	line = look()
	require.Equal(t, doctor.Failed, line.State)
	require.Equal(t, "the routing key has 31 characters, not 32", line.Found)

	i.options.RoutingKey = routingKey
	server.Close()
	line = look()
	require.Equal(t, doctor.Failed, line.State)
	require.Contains(t, line.Found, "cannot be reached: connection refused")

	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	i.options.EventsEndpoint = secure.URL
	require.Contains(t, look().Found, "its certificate is not trusted")

	i.options.EventsEndpoint = "events.pagerduty.com"
	require.Equal(t, "notify.pagerduty_endpoint is no address", look().Found)
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	i := outside(t)
	look := func() doctor.Line { return i.examine(t)["heartbeat"] }
	require.Equal(t, doctor.OK, look().State)
	require.Contains(t, look().Found, "not configured")

	var beats atomic.Int32
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats.Add(1) })
	server := httptest.NewServer(handler)
	defer server.Close()
	i.options.HeartbeatURL = server.URL + "/" + pulse
	line := look()
	require.Equal(t, doctor.OK, line.State, line)
	require.Contains(t, line.Found, strings.TrimPrefix(server.URL, "http://")+" can be reached")
	server.Close() // which waits for requests
	require.Zero(t, beats.Load(), "no sign of life")
	line = look()
	require.Equal(t, doctor.Failed, line.State)
	require.Contains(t, line.Found, "connection refused")
	require.Contains(t, line.Remedies[0], "correct notify.heartbeat_url")

	secure := httptest.NewUnstartedServer(handler)
	secure.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	i.options.HeartbeatURL = secure.URL + "/" + pulse
	require.Contains(t, look().Found, "its certificate is not trusted")

	i.options.HeartbeatURL = pulse
	require.Equal(t, "notify.heartbeat_url is no address", look().Found)
	require.Zero(t, beats.Load(), "no sign of life")
}

// TestSilence: what answers nothing is given up on, each in its time.
func TestSilence(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() // it never accepts, the kernel does
	silent := listener.Addr().String()
	i := installed(t, "postgres://etl@"+silent+"/warehouse?sslmode=disable")
	i.options.Timeout = 300 * time.Millisecond
	i.options.RoutingKey, i.options.EventsEndpoint = routingKey, "http://"+silent
	i.options.HeartbeatURL = "https://" + silent + "/" + pulse
	started := time.Now()
	lines := i.examine(t)
	require.Less(t, time.Since(started), 5*time.Second)
	require.Equal(t, doctor.Failed, lines["database"].State)
	require.Contains(t, lines["database"].Found, "postgres://etl@"+silent+"/warehouse: no answer within 300ms")
	require.Equal(t, doctor.Skipped, lines["last run"].State)
	require.Equal(t, doctor.OK, lines["datadog"].State)
	require.Contains(t, lines["pagerduty"].Found, "no answer in time")
	require.Contains(t, lines["heartbeat"].Found, "no answer in time")
}
