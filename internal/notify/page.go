package notify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

const (
	// pageTimeout bounds one call of Page or Resolve.
	pageTimeout = 5 * time.Second
	// summaryLimit is the longest summary PagerDuty takes, in characters; we count
	// bytes. Source: Events API v2.
	summaryLimit = 1024
	// detailLimit keeps each detail small, in bytes; PagerDuty takes 512 KB in all.
	detailLimit = 8 << 10
)

// pager sends events to PagerDuty.
type pager struct {
	client *pagerduty.Client
	key    string // secret
	env    string
}

// details are what the page says beside its summary.
type details struct {
	Stage string `json:"stage"`
	Error string `json:"error"`
	Rerun string `json:"rerun"`
}

// Page pages whoever is on call: the stage failed for good, message says why, and
// rerunCommand goes on from there. A stage's failures are one incident until Resolve.
// Before the stages a run itself may fail: stage "run". Passwords and identifiers of
// persons are blotted out of both texts where they can be recognized. Page takes at
// most 5 s, and is not stopped by a cancelled ctx: a run that is being stopped can
// still page.
func (n *Notifier) Page(ctx context.Context, stage, message, rerunCommand string) {
	if n == nil || n.pager == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTimeout)
	defer cancel()
	p, stage := n.pager, word(stage)
	message = p.safe(message)
	err := p.send(ctx, &pagerduty.V2Event{
		Action:   "trigger",
		DedupKey: p.dedupKey(stage),
		Client:   "attribution",
		Payload: &pagerduty.V2Payload{
			Summary:   cut("attribution "+p.env+": "+stage+" failed: "+strings.Join(strings.Fields(message), " "), summaryLimit),
			Source:    "attribution/" + p.env,
			Severity:  "error",
			Component: stage,
			Group:     p.env,
			Details:   details{Stage: stage, Error: cut(message, detailLimit), Rerun: cut(p.safe(rerunCommand), detailLimit)},
		},
	})
	if err != nil {
		n.log.WarnContext(ctx, "PagerDuty was not told: nobody is paged", "stage", stage, "error", p.safe(err.Error()))
	}
}

// Resolve ends the incidents of stages that succeeded; those that have none are no
// matter. It takes at most 5 s, however many stages there are, and is not stopped by a
// cancelled ctx.
func (n *Notifier) Resolve(ctx context.Context, stages ...string) {
	if n == nil || n.pager == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTimeout)
	defer cancel()
	p := n.pager
	failed := make([]error, len(stages))
	var all sync.WaitGroup
	for i, stage := range stages {
		all.Go(func() {
			failed[i] = p.send(ctx, &pagerduty.V2Event{Action: "resolve", DedupKey: p.dedupKey(word(stage))})
		})
	}
	all.Wait()
	var open []string
	var first error
	for i, err := range failed {
		if err == nil {
			continue
		}
		open = append(open, word(stages[i]))
		if first == nil {
			first = err
		}
	}
	if first != nil {
		n.log.WarnContext(ctx, "PagerDuty was not told: incidents may stay open", "stages", strings.Join(open, ","), "error", p.safe(first.Error()))
	}
}

// newPager is nil when there is no routing key.
func newPager(o Options, env string) (*pager, error) {
	key := strings.TrimSpace(o.RoutingKey)
	if key == "" {
		return nil, nil
	}
	var options []pagerduty.ClientOptions
	if o.EventsEndpoint != "" {
		u, err := url.Parse(o.EventsEndpoint)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, errors.New("the endpoint of PagerDuty's events is no address such as https://events.pagerduty.com") // which may hold a secret
		}
		endpoint := strings.TrimSuffix(strings.TrimRight(o.EventsEndpoint, "/"), "/v2/enqueue") // the client adds it
		options = append(options, pagerduty.WithV2EventsAPIEndpoint(endpoint))
	}
	client := pagerduty.NewClient("", options...)
	client.HTTPClient = &http.Client{
		Timeout: pageTimeout,
		// The key goes nowhere but to the endpoint.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &pager{client: client, key: key, env: env}, nil
}

// dedupKey is at most 213 bytes; PagerDuty takes 255 characters. It has no run in it:
// tomorrow's failure of the same stage joins the incident.
func (p *pager) dedupKey(stage string) string { return "attribution/" + p.env + "/" + stage }

func (p *pager) send(ctx context.Context, e *pagerduty.V2Event) error {
	e.RoutingKey = p.key
	_, err := p.client.ManageEventWithContext(ctx, e)
	return err
}

// safe is s without what must not leave: the routing key and what hide knows.
func (p *pager) safe(s string) string { return hide(strings.ReplaceAll(s, p.key, hidden)) }
