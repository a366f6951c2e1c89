package check_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/testkit"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// compose is docker-compose.yml as Compose reads it, with the services of all profiles.
func compose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: read(t, "docker-compose.yml")}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) {
		o.SetProjectName("attribution", true)
		o.Profiles = []string{"*"}
	})
	require.NoError(t, err)
	return project
}

// ours are the services of our image.
func ours(project *types.Project) (all []types.ServiceConfig) {
	for _, s := range project.Services {
		if s.Image == "attribution" {
			all = append(all, s)
		}
	}
	return all
}

// environment is that of a service; each variable has a value.
func environment(t *testing.T, s types.ServiceConfig) map[string]string {
	t.Helper()
	env := map[string]string{}
	for name, value := range s.Environment {
		require.NotNil(t, value, "%s: %s has no value", s.Name, name)
		env[name] = *value
	}
	return env
}

func TestCompose(t *testing.T) {
	project := compose(t)
	postgres, err := project.GetService("postgres")
	require.NoError(t, err)
	require.Regexp(t, `^postgres:\d+-alpine$`, postgres.Image)
	require.NotNil(t, postgres.HealthCheck)
	require.Contains(t, postgres.HealthCheck.Test, "-h", "by TCP")
	require.Equal(t, "127.0.0.1", postgres.Ports[0].HostIP, "nobody else's")
	server := environment(t, postgres)

	services := ours(project)
	require.Len(t, services, 6)
	for _, s := range services {
		checkCommand(t, "service "+s.Name, s.Command...)
		c := checkEnvironment(t, "service "+s.Name, environment(t, s))
		address, err := pgx.ParseConfig(c.DatabaseURL)
		require.NoError(t, err)
		require.Equal(t, []string{postgres.Name, server["POSTGRES_DB"], server["POSTGRES_USER"], server["POSTGRES_PASSWORD"]},
			[]string{address.Host, address.Database, address.User, address.Password}, s.Name)
		require.Greater(t, int64(s.MemLimit), int64(c.MemoryLimit), "%s: the limit is of the process, and it is not all there is", s.Name)
		require.True(t, s.ReadOnly, s.Name)
		require.False(t, s.Privileged, s.Name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, s.Name)
		require.NotEmpty(t, s.DependsOn, s.Name)
		for name, d := range s.DependsOn {
			if name == postgres.Name {
				require.Equal(t, types.ServiceConditionHealthy, d.Condition, s.Name)
			} else {
				require.Equal(t, types.ServiceConditionCompletedSuccessfully, d.Condition, s.Name)
			}
		}
	}
	scheduler, err := project.GetService("scheduler")
	require.NoError(t, err)
	require.Equal(t, "schedule", scheduler.Command[0])
	require.Empty(t, scheduler.Profiles, "docker compose up is all it takes")
	require.Contains(t, scheduler.DependsOn, "migrate")
	require.GreaterOrEqual(t, scheduler.StopGracePeriod.String(), "1m0s")
}

// TestComposeDemo does what "docker compose --profile demo up" does, on a server of the
// tests: in the order the services depend on each other, with the commands and the
// environment they have.
func TestComposeDemo(t *testing.T) {
	project := compose(t)
	address, err := url.Parse(testkit.Database(t))
	require.NoError(t, err)
	done, printed := []string{"postgres"}, ""
	var start func(name string)
	start = func(name string) {
		if slices.Contains(done, name) {
			return
		}
		s, err := project.GetService(name)
		require.NoError(t, err)
		for dependency := range s.DependsOn {
			start(dependency)
		}
		cmd := exec.CommandContext(t.Context(), program, s.Command...)
		cmd.Env = append(os.Environ(), config.Prefix+"RETRY_MAX_ELAPSED=0s")
		for variable, value := range environment(t, s) {
			if variable == "DATABASE_URL" {
				value = address.String()
			}
			cmd.Env = append(cmd.Env, variable+"="+value)
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
		done, printed = append(done, name), string(out)
	}
	started := 0
	for _, s := range ours(project) {
		if slices.Contains(s.Profiles, "demo") {
			started++
			start(s.Name)
		}
	}
	require.Equal(t, 3, started)
	require.Contains(t, done, "migrate")
	start("demo-status")
	require.NotEmpty(t, printed)
	conn, err := pgx.Connect(t.Context(), address.String())
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	var persons int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM sessions.attribution").Scan(&persons))
	require.Positive(t, persons)
	require.True(t, strings.HasPrefix(done[1], "demo-events") || strings.HasPrefix(done[1], "migrate"))
}
