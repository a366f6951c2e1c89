package check

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/attribution-dev/attribution/internal/model"
)

// maxExplained is how many conversions the text shows; JSON has all.
const maxExplained = 10

// A PersonConversion is a published conversion and who earns it.
type PersonConversion struct {
	Conversion   string         `json:"conversion"`
	Number       int32          `json:"number"`
	At           time.Time      `json:"converted_at"`
	SessionCount int32          `json:"session_count"`
	Value        *string        `json:"value"` // a decimal number; null: none
	Currency     *string        `json:"currency"`
	Credits      []PersonCredit `json:"credits"` // model by model
}

// A PersonCredit is what a model gives one touch of a path.
type PersonCredit struct {
	Model         string     `json:"model"`
	Position      int32      `json:"position"`       // in the path; 0: no touch
	TouchPosition *int32     `json:"touch_position"` // among the person's touches; null: none of them
	TouchedAt     *time.Time `json:"touched_at"`
	Source        string     `json:"source"`
	Medium        string     `json:"medium"`
	Channel       string     `json:"channel"`
	Credit        float64    `json:"credit"`
}

func (x *explaining) readCredits(ctx context.Context) error {
	names := []string{}
	for _, m := range model.All() {
		names = append(names, m.String())
	}
	var c PersonConversion
	var r PersonCredit
	dest := []any{
		&c.Conversion, &c.Number, &c.At, &c.SessionCount, &c.Value, &c.Currency,
		&r.Model, &r.Position, &r.TouchPosition, &r.TouchedAt, &r.Source, &r.Medium, &r.Channel, &r.Credit,
	}
	return x.each(ctx, "125_explain_credits.sql", with(x.key, map[string]any{"models": names}), dest, func() {
		last := len(x.Conversions) - 1
		if last < 0 || x.Conversions[last].Conversion != c.Conversion || x.Conversions[last].Number != c.Number {
			added := c
			added.At = c.At.UTC()
			x.Conversions = append(x.Conversions, added)
			last++
		}
		x.Conversions[last].Credits = append(x.Conversions[last].Credits, r)
	})
}

func (e Explanation) printCredits(p *printer) {
	if len(e.Conversions) == 0 {
		return
	}
	p.line("")
	p.line("Who earns it")
	for i, c := range e.Conversions {
		if i == maxExplained {
			p.line(fmt.Sprintf("  and %d more (--output json shows all)", len(e.Conversions)-i))
			return
		}
		text := fmt.Sprintf("%s at %s", c.Conversion, shown(c.At))
		if c.Number > 1 {
			text = fmt.Sprintf("%s %d at %s", c.Conversion, c.Number, shown(c.At))
		}
		if c.Value != nil {
			text += ", worth " + *c.Value
			if c.Currency != nil {
				text += " " + *c.Currency
			}
		}
		p.line("  " + text)
		for _, m := range model.All() {
			var parts []string
			for _, r := range c.Credits {
				if r.Model == m.String() {
					parts = append(parts, r.words())
				}
			}
			p.paragraph(fmt.Sprintf("    %-17s", m.String()+":"), strings.Repeat(" ", 21), strings.Join(parts, ", "))
		}
	}
}

// words are "touch 2 (google / cpc) 40 %".
func (r PersonCredit) words() string {
	share := strings.TrimSuffix(fmt.Sprintf("%.1f", 100*r.Credit), ".0") + " %"
	switch {
	case r.Position == 0:
		return "no touch " + share
	case r.TouchPosition == nil:
		return fmt.Sprintf("direct at %s %s", shown(*r.TouchedAt), share)
	default:
		return fmt.Sprintf("touch %d (%s) %s", *r.TouchPosition, r.Channel, share)
	}
}
