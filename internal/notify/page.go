package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/cenkalti/backoff/v4"

	"github.com/attribution-dev/attribution/internal/logs"
)

const (
	// pageTimeout bounds one request to PagerDuty.
	pageTimeout = 5 * time.Second
	// pagePatience bounds all tries to send it an event.
	pagePatience = time.Minute
	// summaryLimit is the longest summary PagerDuty takes, in characters; we count
	// bytes. Source: Events API v2.
	summaryLimit = 1024
	// detailLimit keeps each detail small, in bytes; PagerDuty takes 512 KB in all.
	detailLimit = 8 << 10
)

// pager sends events to PagerDuty.
type pager struct {
	client   *pagerduty.Client
	key      string // secret
	env      string
	runbook  string
	patience time.Duration
	log      *slog.Logger
}

// details are what the page says beside its summary.
type details struct {
	Stage string `json:"stage"`
	Error string `json:"error"`
	Run   int64  `json:"run,omitempty"` // in the ledger; none before the first stage
	Rerun string `json:"rerun"`
	Host  string `json:"host"`
}

// link is a link of the page.
type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// end resolves the incidents of the stages that succeeded, and those of runs when all
// of it did; incidents there are none of are no matter. When the run failed it pages
// whoever is on call, for the stage that failed or, before the stages, for the run. An
// interrupted run says nothing.
func (p *pager) end(ctx context.Context, r Run) {
	if p == nil || r.Outcome == Interrupted {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	var all sync.WaitGroup
	if r.Outcome == Failed && !r.Unpaged {
		all.Go(func() { p.page(ctx, r) })
	}
	p.resolve(ctx, r)
	all.Wait()
}

func (p *pager) page(ctx context.Context, r Run) {
	stage, message := r.failure()
	message = p.safe(message)
	e := &pagerduty.V2Event{
		Action:   "trigger",
		DedupKey: dedupKey(p.env, stage),
		Client:   "attribution",
		Payload: &pagerduty.V2Payload{
			Summary:   cut("attribution "+p.env+": "+stage+" failed: "+line(message), summaryLimit),
			Source:    "attribution/" + p.env,
			Severity:  "error",
			Timestamp: r.At.UTC().Format(time.RFC3339),
			Component: stage,
			Group:     p.env,
			Details:   details{Stage: stage, Error: cut(message, detailLimit), Run: r.ID, Rerun: cut(p.safe(r.Rerun), detailLimit), Host: host()},
		},
	}
	if age, known := r.age(); known && age > outOfDate {
		e.Payload.Severity = "critical"
	}
	if p.runbook != "" {
		e.Links = []any{link{Href: p.runbook, Text: "Runbook"}}
	}
	if err := p.send(ctx, e); err != nil {
		p.log.WarnContext(ctx, "PagerDuty was not told: nobody is paged", "stage", stage, "error", p.safe(err.Error()))
	}
}

func (p *pager) resolve(ctx context.Context, r Run) {
	var succeeded []string
	for _, s := range r.Stages {
		if s.Err == nil {
			succeeded = append(succeeded, word(s.Name))
		}
	}
	if r.Outcome == Done {
		succeeded = append(succeeded, ofRun)
	}
	failed := make([]error, len(succeeded))
	var all sync.WaitGroup
	for i, stage := range succeeded {
		all.Go(func() {
			failed[i] = p.send(ctx, &pagerduty.V2Event{Action: "resolve", DedupKey: dedupKey(p.env, stage)})
		})
	}
	all.Wait()
	var open []string
	for i, err := range failed {
		if err != nil {
			open = append(open, succeeded[i])
		}
	}
	if err := errors.Join(failed...); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		p.log.WarnContext(ctx, "PagerDuty was not told: incidents may stay open", "stages", strings.Join(open, ","), "error", p.safe(first))
	}
}

// newPager is nil when there is no routing key.
func newPager(o Options, env string) *pager {
	key := strings.TrimSpace(o.RoutingKey)
	if key == "" {
		return nil
	}
	var options []pagerduty.ClientOptions
	if o.EventsEndpoint != "" {
		endpoint := strings.TrimSuffix(strings.TrimRight(o.EventsEndpoint, "/"), "/v2/enqueue") // the client adds it
		options = append(options, pagerduty.WithV2EventsAPIEndpoint(endpoint))
	}
	p := &pager{client: pagerduty.NewClient("", options...), key: key, env: env, runbook: o.RunbookURL, patience: pagePatience, log: o.Log}
	p.client.HTTPClient = newClient(pageTimeout)
	return p
}

// newClient is a client that goes nowhere but to the address it is given, which may be
// a secret, as what it sends there may be.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends an event, again and again until ctx ends where that may help: PagerDuty
// answers 429 when it gets too many, 408 and 5xx when it is in trouble. A page is sent
// again also when there was no answer; a resolve is not, since the next good run sends
// it anyway, and this one need not wait.
func (p *pager) send(ctx context.Context, e *pagerduty.V2Event) error {
	e.RoutingKey = p.key
	again := backoff.NewExponentialBackOff(backoff.WithInitialInterval(time.Second), backoff.WithMaxElapsedTime(p.patience))
	return backoff.Retry(func() error {
		_, err := p.client.ManageEventWithContext(ctx, e)
		var answer pagerduty.APIError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &answer):
			if code := answer.StatusCode; code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500 {
				return err
			}
		case e.Action == "trigger":
			return err
		}
		return backoff.Permanent(err)
	}, backoff.WithContext(again, ctx))
}

// safe is s without what must not leave: the routing key and what logs.Redact knows.
func (p *pager) safe(s string) string {
	return logs.Redact(strings.ReplaceAll(s, p.key, logs.Hidden))
}

// host is the name of this machine or container.
func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
