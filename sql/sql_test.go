package sql_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/stages"
	"github.com/attribution-dev/attribution/sql"
)

var update = flag.Bool("update", false, "write the rendered statements to testdata")

// files is every statement, by path.
func files(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, fs.WalkDir(sql.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sql.FS, path)
		all[path] = string(text)
		return err
	}))
	require.Greater(t, len(all), 100)
	return all
}

var name = regexp.MustCompile(`^\d{3}_[a-z][a-z0-9_]*\.sql$`)

// TestEveryFolderIsAStage, or what all stages share, or the run, or its checks.
func TestEveryFolderIsAStage(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"00_shared": true, "00_run": true, "09_check": true, "10_doctor": true, "11_forget": true, "12_report": true}
	for _, s := range stages.All() {
		want[fmt.Sprintf("%02d_%s", s.Number, s.Name)] = true
	}
	used := map[string]bool{}
	for path := range files(t) {
		folder, file := filepath.Split(path)
		folder = strings.TrimSuffix(folder, "/")
		used[folder] = true
		require.True(t, want[folder], "%s is in no stage's folder", path)
		require.Regexp(t, name, file, path)
	}
	for folder := range want {
		require.True(t, used[folder], "%s holds nothing", folder)
	}
}

// TestNumbersAreUnique, so that a step has a place.
func TestNumbersAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(files(t))) {
		number := path[:strings.Index(path, "/")+4]
		require.Empty(t, seen[number], "%s has the number of %s", path, seen[number])
		seen[number] = path
	}
}

// split parts a statement into its comments, and its code with strings and quoted
// identifiers blanked out.
func split(text string) (comments, code string) {
	var c, s strings.Builder
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "--"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				end = len(text) - i
			}
			c.WriteString(text[i:i+end] + "\n")
			i += end
		case text[i] == '\'' || text[i] == '"':
			end := strings.IndexByte(text[i+1:], text[i])
			i += max(end, 0) + 2
			s.WriteString("''")
		default:
			s.WriteByte(text[i])
			i++
		}
	}
	return c.String(), s.String()
}

var (
	parameter   = regexp.MustCompile(`@[a-z_]+`)
	templateNil = regexp.MustCompile(`\{\{-?\s*/\*[\s\S]*?\*/\s*-?\}\}`)
)

// TestEveryStatementSaysWhatItIs: a comment first, one statement, no comment within
// that a name could end, and each parameter explained.
func TestEveryStatementSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for path, text := range files(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			text := templateNil.ReplaceAllString(text, "")
			comments, code := split(text)
			require.True(t, strings.HasPrefix(text, "-- "), "begins with a comment")
			require.NotContains(t, code, ";", "one statement a file")
			require.NotContains(t, code, "/*")
			require.NotEmpty(t, strings.TrimSpace(code))
			require.NotContains(t, comments, "{{", "a name with a line break in it would end the comment")
			require.NotContains(t, text, "\t")
			require.NotContains(t, strings.ToUpper(code), "SELECT *\nFROM {{.SOURCE", "columns are read by name")
			for _, p := range parameter.FindAllString(code, -1) {
				require.Regexp(t, p+`\b`, comments, "%s is not explained", p)
			}
		})
	}
}

// TestNoNameInAStringLiteral: a schema's name holds what it likes, also apostrophes.
func TestNoNameInAStringLiteral(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`'[^'\n]*\{\{[^'\n]*'`)
	for path, text := range files(t) {
		for _, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "--") {
				require.False(t, literal.MatchString(line), "%s: %s", path, line)
			}
		}
	}
}

// TestEveryStatementIsSentAndEverySentOneIsThere reads the Go sources for paths.
func TestEveryStatementIsSentAndEverySentOneIsThere(t *testing.T) {
	t.Parallel()
	all := files(t)
	sent := map[string]bool{}
	prefixes, bare := map[string][]string{}, map[string][]string{} // of each package: folders, and files named without theirs
	prefix := regexp.MustCompile(`^\d\d_[a-z]+/$`)
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/reference"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			switch {
			case prefix.MatchString(text):
				prefixes[dir] = append(prefixes[dir], text)
			case name.MatchString(text):
				bare[dir] = append(bare[dir], text)
			case regexp.MustCompile(`^\d\d_[a-z]+/\d{3}_[a-z0-9_]+\.sql$`).MatchString(text):
				require.Contains(t, all, text, "%s sends it", path)
				sent[text] = true
			}
			return true
		})
		return nil
	}))
	for dir, names := range bare {
		for _, b := range names {
			found := false
			for _, p := range prefixes[dir] {
				if _, ok := all[p+b]; ok {
					found = true
					sent[p+b] = true
				}
			}
			require.True(t, found, "%s sends %s, which is in none of %v", dir, b, prefixes[dir])
		}
	}
	for path := range all {
		require.True(t, sent[path], "nothing sends %s", path)
	}
}

// variants are the data each statement is rendered with; what renders as the first
// does is not repeated.
func variants(t testing.TB) (names []string, data []pg.Data) {
	t.Helper()
	m, err := month.Parse("2018-12")
	require.NoError(t, err)
	base := func() pg.Data {
		return pg.Data{
			Month: m, Run: 7, Source: pg.MustIdent("website", "tracks"), Table: pg.MustIdent("s", "table"), Other: pg.MustIdent("s", "other"),
			Columns: []pg.SourceItem{pg.TrimmedIdentifier("id"), pg.Column("received_at", "received_at", "timestamptz"), pg.Absent("uuid_ts", "timestamptz"), pg.AbsentIdentifier("previous_id")},
			Extra:   []pg.Identifier{pg.MustIdent(`odd "column"`), pg.MustIdent("second")}, Rounded: []pg.Identifier{pg.MustIdent("share")}, Tables: []pg.Identifier{pg.MustIdent("s", "a"), pg.MustIdent("s", "b"), pg.MustIdent("s", "c")},
		}
	}
	for _, v := range []struct {
		name   string
		change func(*pg.Data)
	}{
		{"", func(*pg.Data) {}},
		{"Flag", func(d *pg.Data) { d.Flag = true }},
		{"Full", func(d *pg.Data) { d.Full = true }},
		{"Identities", func(d *pg.Data) { d.Identities = true }},
		{"Window.Received", func(d *pg.Data) { d.Window.Received = true }},
		{"Window.Rest", func(d *pg.Data) { d.Window.Rest = true }},
		{"Window.HasUUIDTS", func(d *pg.Data) { d.Window.HasUUIDTS = true }},
		{"Window.Again", func(d *pg.Data) { d.Window.Again = true }},
		{"Forgets", func(d *pg.Data) { d.Forgets = true }},
		{"Forgets, Flag", func(d *pg.Data) { d.Forgets, d.Flag = true, true }},
		{"Forgets, Identities", func(d *pg.Data) { d.Forgets, d.Identities = true, true }},
		{"UserAgents", func(d *pg.Data) { d.UserAgents = true }},
		{"nothing extra", func(d *pg.Data) { d.Extra = nil }},
	} {
		d := base()
		v.change(&d)
		names, data = append(names, v.name), append(data, d)
	}
	return names, data
}

// TestRendered compares every statement, as it is sent, with testdata. After a wanted
// change: go test ./sql -update.
func TestRendered(t *testing.T) {
	t.Parallel()
	templates, err := pg.ParseTemplates(sql.FS, pg.Names{Segment: "segment", Stages: "session_stages", Sessions: "sessions", Aliases: "aliases", Ops: `we"ird ops`})
	require.NoError(t, err)
	names, data := variants(t)
	folders := map[string]*strings.Builder{}
	for _, file := range slices.Sorted(maps.Keys(files(t))) {
		folder := filepath.Dir(file)
		if folders[folder] == nil {
			folders[folder] = &strings.Builder{}
		}
		seen := map[string]bool{}
		var failed error
		for i, d := range data {
			text, err := templates.Render(file, d)
			if err != nil {
				failed = err // such as the column to add, where there is none
				continue
			}
			require.NotContains(t, text, "{{")
			require.NotContains(t, text, "<no value>")
			if seen[text] {
				continue
			}
			seen[text] = true
			title := filepath.Base(file)
			if names[i] != "" {
				title += " (" + names[i] + ")"
			}
			fmt.Fprintf(folders[folder], "=== %s\n%s\n\n", title, text)
		}
		require.NotEmpty(t, seen, "%s: %v", file, failed)
	}
	for folder, got := range folders {
		path := filepath.Join("testdata", folder+".golden")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
			continue
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err, "run: go test ./sql -update")
		require.Equal(t, string(want), got.String(), "%s: if the change is wanted, run: go test ./sql -update", folder)
	}
}
