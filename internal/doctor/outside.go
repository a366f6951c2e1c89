package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// agentPause is how long the answer that nobody listens may take to come back.
const agentPause = 200 * time.Millisecond

// datadog writes an empty line, which an agent passes over, twice: the second write
// fails when the first was answered with "nobody listens here".
func (e *examination) datadog(ctx context.Context) (finding, error) {
	if e.DogStatsD == "" {
		return ok("not configured: no numbers are sent"), nil
	}
	network, address := "udp", e.DogStatsD
	for prefix, of := range map[string]string{"unix://": "unixgram", "unixgram://": "unixgram", "unixstream://": "unix"} {
		if path, found := strings.CutPrefix(e.DogStatsD, prefix); found {
			network, address = of, path
		}
	}
	const remedy = "start the Datadog agent, with DogStatsD on; or correct DD_AGENT_HOST, DD_DOGSTATSD_PORT or DD_DOGSTATSD_URL"
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil && strings.HasPrefix(e.DogStatsD, "unix://") {
		network = "unix" // the client tries both
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err != nil {
		return warning("nobody listens at "+e.DogStatsD+": "+reason(err), remedy), nil
	}
	defer func() { _ = conn.Close() }() // nothing more is to be said
	if network != "udp" {
		return ok("an agent listens at %s", e.DogStatsD), nil
	}
	for i := range 2 {
		if i > 0 {
			select {
			case <-ctx.Done():
				return finding{}, ctx.Err()
			case <-time.After(agentPause):
			}
		}
		if _, err = conn.Write([]byte("\n")); err != nil {
			return warning("nobody listens at "+e.DogStatsD+": "+reason(err), remedy), nil
		}
	}
	return ok("nothing speaks against an agent at %s; UDP tells no more", e.DogStatsD), nil
}

// reason is why a connection could not be had, without the addresses tried.
func reason(err error) string {
	var code syscall.Errno
	var lookup *net.DNSError
	switch {
	case errors.As(err, &code):
		return code.Error()
	case errors.As(err, &lookup):
		return "its name is not known"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return "its certificate is not trusted"
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return "no answer in time"
	}
	return "no connection"
}

const (
	pagerDutyEvents = "https://events.pagerduty.com"
	routingKeySize  = 32 // of an integration key of Events API v2
)

// pagerDuty posts an event without anything in it, which is refused by whoever takes
// events; the key is not sent.
func (e *examination) pagerDuty(ctx context.Context) (finding, error) {
	endpoint := e.EventsEndpoint
	if endpoint == "" {
		endpoint = pagerDutyEvents
	}
	key := strings.TrimSpace(e.RoutingKey)
	switch {
	case key == "" && e.EventsEndpoint != "":
		return warning("notify.pagerduty_endpoint is set, but no routing key: nobody is paged", "ATTRIBUTION_NOTIFY_PAGERDUTY_ROUTING_KEY=…"), nil
	case key == "":
		return ok("not configured: nobody is paged"), nil
	case len(key) != routingKeySize:
		return failed(fmt.Sprintf("the routing key has %d characters, not %d", len(key), routingKeySize),
			"set notify.pagerduty_routing_key to the integration key of a service with Events API v2"), nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return failed("notify.pagerduty_endpoint is no address", "notify.pagerduty_endpoint: "+pagerDutyEvents), nil
	}
	const remedy = "let this machine reach PagerDuty's events by HTTPS, or correct notify.pagerduty_endpoint (accounts in the EU: https://events.eu.pagerduty.com)"
	enqueue := strings.TrimSuffix(strings.TrimRight(endpoint, "/"), "/v2/enqueue") + "/v2/enqueue"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, enqueue, strings.NewReader("{}"))
	if err != nil {
		return failed("notify.pagerduty_endpoint is no address", "notify.pagerduty_endpoint: "+pagerDutyEvents), nil //nolint:nilerr // it is the finding
	}
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return failed(u.Host+" cannot be reached: "+reason(err), remedy), nil
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		return failed(fmt.Sprintf("%s answers an empty event with %d, not 400: it takes no events", u.Host, response.StatusCode), remedy), nil
	}
	return ok("%s takes events; a key of %d characters is set", u.Host, routingKeySize), nil
}

// heartbeat connects and says nothing: any request to the address counts as a sign of
// life.
func (e *examination) heartbeat(ctx context.Context) (finding, error) {
	if e.HeartbeatURL == "" {
		return ok("not configured: a run that never began tells nobody"), nil
	}
	u, err := url.Parse(e.HeartbeatURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return failed("notify.heartbeat_url is no address", "notify.heartbeat_url: https://host/path"), nil
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	host, what := net.JoinHostPort(u.Hostname(), port), ""
	via, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err == nil && via != nil {
		what = ", the proxy to " + host + ","
		host = via.Host
	}
	var conn net.Conn
	if u.Scheme == "https" && via == nil {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", host)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return failed(host+what+" cannot be reached: "+reason(err), "let this machine reach "+host+", or correct notify.heartbeat_url"), nil
	}
	_ = conn.Close() // nothing was to be said
	return ok("%s%s can be reached; it was sent nothing", host, what), nil
}
