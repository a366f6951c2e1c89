package check_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	unitSection = regexp.MustCompile(`^\[(Unit|Service|Timer|Install)\]$`)
	unitLine    = regexp.MustCompile(`^([A-Z][A-Za-z]+)=(.*)$`)
)

// unit reads a unit file: the values of each key, as "Section.Key".
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	values, section := map[string][]string{}, ""
	for i, line := range strings.Split(string(read(t, name)), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if m := unitSection.FindStringSubmatch(line); m != nil {
			section = m[1]
			continue
		}
		m := unitLine.FindStringSubmatch(line)
		require.NotNil(t, m, "%s:%d: %s", name, i+1, line)
		key := section + "." + m[1]
		require.True(t, len(values[key]) == 0 || m[1] == "Environment", "%s:%d: %s twice", name, i+1, key)
		values[key] = append(values[key], m[2])
	}
	return values
}

func TestSystemd(t *testing.T) {
	service := unit(t, "deploy/systemd/attribution.service")
	start := strings.Fields(service["Service.ExecStart"][0])
	require.Contains(t, imageFiles(t), start[0], "the same place everywhere")
	checkCommand(t, "attribution.service", start[1:]...)
	env := map[string]string{}
	for _, e := range service["Service.Environment"] {
		name, value, found := strings.Cut(e, "=")
		require.True(t, found, e)
		env[name] = value
	}
	c := checkEnvironment(t, "attribution.service", env)
	credential, _, _ := strings.Cut(service["Service.LoadCredential"][0], ":")
	require.Equal(t, "%d/"+credential, c.DatabasePasswordFile)
	require.Equal(t, []string{"oneshot"}, service["Service.Type"])
	require.Equal(t, []string{"infinity"}, service["Service.TimeoutStartSec"], "a first run takes hours")
	require.Equal(t, []string{"3"}, service["Service.SuccessExitStatus"], "another run at work")

	timer := unit(t, "deploy/systemd/attribution.timer")
	require.Equal(t, []string{"true"}, timer["Timer.Persistent"])
	require.NotContains(t, timer, "Timer.Unit", "the service of the same name")
	units, err := filepath.Glob(filepath.Join(root, "deploy/systemd/*"))
	require.NoError(t, err)
	require.Len(t, slices.Compact(units), 2)
}
