package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/attribution-dev/attribution/internal/logs"
)

const (
	// heartbeatTimeout bounds one request to the monitor.
	heartbeatTimeout = 5 * time.Second
	// heartbeatOrder is how long the end waits for the answer to the start, so that
	// they arrive in order.
	heartbeatOrder = time.Second
	// bodyLimit keeps what is said of a failure small, in bytes.
	bodyLimit = 1000
)

// heartbeat tells a monitor such as healthchecks.io that runs happen: it raises the
// alarm when none does.
type heartbeat struct {
	address *url.URL // secret
	rid     string   // joins the start of a run and its end
	client  *http.Client
	log     *slog.Logger
	began   chan struct{} // closed when the start was sent, or could not be; nil: there was none
}

// begin sends GET address/start, in the background.
func (h *heartbeat) begin(ctx context.Context) {
	if h == nil {
		return
	}
	h.began = make(chan struct{})
	go func() {
		defer close(h.began)
		h.send(ctx, http.MethodGet, "start", "")
	}()
}

// end sends GET address when the run succeeded, else POST address/<exit code> with the
// stage and the error on one line.
func (h *heartbeat) end(ctx context.Context, r Run) {
	if h == nil {
		return
	}
	if h.began != nil {
		timeout := time.NewTimer(heartbeatOrder)
		defer timeout.Stop()
		select {
		case <-h.began:
		case <-timeout.C:
		}
	}
	if r.ExitCode == 0 {
		h.send(ctx, http.MethodGet, "", "")
		return
	}
	stage, message := r.failure()
	h.send(ctx, http.MethodPost, strconv.Itoa(r.ExitCode), cut(line(stage+": "+logs.Redact(message)), bodyLimit)+"\n")
}

func (h *heartbeat) send(ctx context.Context, method, path, body string) {
	if err := h.request(ctx, method, path, body); err != nil {
		var ours *url.Error // has the address in its text
		if errors.As(err, &ours) {
			err = ours.Err
		}
		h.log.WarnContext(ctx, "the heartbeat monitor was not told", "error", err)
	}
}

func (h *heartbeat) request(ctx context.Context, method, path, body string) error {
	to := *h.address
	if path != "" {
		to = *h.address.JoinPath(path)
	}
	to.RawQuery = strings.TrimPrefix(to.RawQuery+"&rid="+h.rid, "&")
	request, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	response, err := h.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("it answers %d", response.StatusCode)
	}
	return nil
}

// newHeartbeat is nil when no monitor is configured.
func newHeartbeat(o Options) *heartbeat {
	if o.HeartbeatURL == "" {
		return nil
	}
	address, err := url.Parse(o.HeartbeatURL)
	if err != nil {
		o.Log.Warn("the address of the heartbeat monitor is none: it is told nothing")
		return nil
	}
	return &heartbeat{address: address, rid: uuid.NewString(), client: newClient(heartbeatTimeout), log: o.Log}
}
