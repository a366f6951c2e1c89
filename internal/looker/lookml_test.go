package looker_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// parser is the folder of the npm package that reads LookML, pinned by its lock file.
const parser = "../../scripts/lookml"

// A project is LookML as read: views with their refinements folded in.
type project struct {
	Problems   []string // of reading it
	Constants  map[string]string
	Datagroups map[string]datagroup
	Views      map[string]view
	Explores   map[string]explore
	Dashboards []dashboard
}

// The parts of LookML that we use. A parameter that is not here is a problem: either
// it is misspelt, or the checks do not know it yet.
type (
	manifest struct {
		origin
		Project   string `json:"project_name"`
		Constants map[string]struct {
			node
			Value, Export string
		} `json:"constant"`
	}
	model struct {
		node
		origin
		Connection string
		Include    []string
		Persist    string               `json:"persist_with"`
		Datagroups map[string]datagroup `json:"datagroup"`
		Explores   map[string]any       `json:"explore"`
		Views      map[string]any       `json:"view"`
	}
	datagroup struct {
		node
		Trigger string `json:"sql_trigger"`
		MaxAge  string `json:"max_cache_age"`
	}
	view struct {
		node
		Label      string
		Table      string `json:"sql_table_name"`
		Dimensions fields `json:"dimension"`
		Groups     fields `json:"dimension_group"`
		Measures   fields `json:"measure"`
	}
	fields map[string]field
	field  struct {
		node
		Type, Label, Description, SQL, Style, Datatype string
		Format                                         string `json:"value_format_name"`
		Key                                            bool   `json:"primary_key"`
		Hidden                                         bool
		Convert                                        *bool    `json:"convert_tz"`
		Frames                                         []string `json:"timeframes"`
		Drill                                          []string `json:"drill_fields"`
		Tiers                                          []string
		Filters                                        map[string]string
	}
	explore struct {
		node
		Label, Description string
		Always             struct {
			node
			Filters map[string]string
		} `json:"always_filter"`
		Joins map[string]join `json:"join"`
	}
	join struct {
		node
		From, Type, Relationship string
		ViewLabel                string `json:"view_label"`
		On                       string `json:"sql_on"`
	}
	node struct {
		Kind string `json:"$type"`
		Name string `json:"$name"`
	}
	// origin is the file or files, which the parser notes.
	origin struct {
		Path any `json:"$file_path"`
		Rel  any `json:"$file_rel"`
		File any `json:"$file_name"`
		Type any `json:"$file_type"`
		Bad  any `json:"error"` // among its errors, too
	}
)

// parse reads projects, each its files by path, all in one run of Node.js.
func parse(t *testing.T, projects ...map[string]string) []project {
	t.Helper()
	var lookml []map[string]string // without dashboards, which are YAML
	for _, files := range projects {
		files = maps.Clone(files)
		maps.DeleteFunc(files, func(path, _ string) bool { return strings.HasSuffix(path, ".lookml") })
		lookml = append(lookml, files)
	}
	in, err := json.Marshal(lookml)
	require.NoError(t, err)
	var parsed []struct {
		Errors []struct {
			Path    string `json:"$file_path"`
			Error   any
			Message string
		}
		Manifest map[string]any
		Model    map[string]any
	}
	require.NoError(t, install())
	out, err := run(installed, in, "node", "parse.js")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &parsed))
	require.Len(t, parsed, len(projects))
	all := make([]project, len(parsed))
	for i, raw := range parsed {
		p := &all[i]
		for _, e := range raw.Errors {
			p.problem("%s: %v %s", e.Path, e.Error, e.Message)
		}
		p.Constants = map[string]string{}
		for name, c := range decode[manifest](p, map[string]any{"manifest": raw.Manifest})["manifest"].Constants {
			p.Constants[name] = c.Value
		}
		m := decode[model](p, raw.Model)["attribution"]
		p.Datagroups = m.Datagroups
		if _, exists := m.Datagroups[m.Persist]; !exists {
			p.problem("model attribution: no datagroup %q to persist_with", m.Persist)
		}
		p.Views = decode[view](p, refine(p, m.Views))
		p.Explores = decode[explore](p, m.Explores)
		p.readDashboards(projects[i])
	}
	return all
}

// installed is the folder the parser is installed in, once a test binary.
var installed string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if installed, err = os.MkdirTemp("", "attribution-lookml-*"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(installed)
		return m.Run()
	}())
}

// install fetches the parser from the npm registry, in the very version of the lock file.
var install = sync.OnceValue(func() error {
	for _, name := range []string{"package.json", "package-lock.json", "parse.js"} {
		text, err := os.ReadFile(filepath.Join(parser, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(installed, name), text, 0o600); err != nil {
			return err
		}
	}
	_, err := run(installed, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
	return err
})

// run is the output of a command of Node.js.
func run(dir string, in []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s is not here: LookML is parsed by an npm package, which needs Node.js 20 or later with npm: apt-get install nodejs npm, or brew install node", name)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

func (p *project) problem(format string, args ...any) {
	p.Problems = append(p.Problems, fmt.Sprintf(format, args...))
}

// refine folds what "view: +name" says into the view of that name.
func refine(p *project, views map[string]any) map[string]any {
	whole := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(views)) { // + comes before letters
		refined, isRefinement := strings.CutPrefix(name, "+")
		if !isRefinement {
			continue
		}
		base, exists := views[refined].(map[string]any)
		if !exists {
			p.problem("view %s: there is no view to refine", name)
			continue
		}
		parts, isList := views[name].([]any)
		if !isList {
			parts = []any{views[name]}
		}
		for _, part := range parts {
			fold(base, part.(map[string]any))
		}
	}
	for name, v := range views {
		if !strings.HasPrefix(name, "+") {
			whole[name] = v
		}
	}
	return whole
}

func fold(into, from map[string]any) {
	for k, v := range from {
		inner, isMap := v.(map[string]any)
		if old, wasMap := into[k].(map[string]any); isMap && wasMap {
			fold(old, inner)
		} else if k != "$name" {
			into[k] = v
		}
	}
}

// decode takes no parameter that T does not have, and none given twice.
func decode[T any](p *project, raw map[string]any) map[string]T {
	all := map[string]T{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		text, err := json.Marshal(raw[name])
		if err != nil {
			p.problem("%s: %v", name, err)
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var v T
		if err := decoder.Decode(&v); err != nil {
			p.problem("%s: %v", name, err)
		}
		all[name] = v
	}
	return all
}
