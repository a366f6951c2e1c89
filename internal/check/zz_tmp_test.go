package check_test

import (
	"strings"
	"testing"

	"github.com/attribution-dev/attribution/internal/check"
	"github.com/attribution-dev/attribution/internal/config"
)

func TestZZTmp(t *testing.T) {
	p := told(t, func(c *config.Config) { c.Identity.UseAliasCalls = false }, "aliases x1 2024-03-01T09:00:00 phone ann "+strings.Repeat("x", 1100))
	t.Log(text(t, verify(t, p, check.VerifyOptions{})))
}
