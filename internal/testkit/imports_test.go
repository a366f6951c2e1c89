package testkit_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/attribution-dev/attribution/"

// layers are the packages of the module from the bottom up: one imports only
// those of layers below its own. A new package is added here, which is when to
// think about where it belongs.
var layers = [][]string{
	{"internal/csvfile", "internal/event", "sql", "sql/reference", "rules", "migrations"},
	{"internal/logs", "internal/month", "internal/progress"},
	{"internal/alias", "internal/channel", "internal/model", "internal/pg", "internal/pg/embedded", "internal/pg/rdsauth"},
	{"internal/segment", "internal/sessionize"},
	{"internal/touch"},
	{"internal/config", "internal/notify", "internal/report", "internal/simulate"},
	{"internal/stages"},
	{"internal/check"},
	{"internal/pipeline"},
	{"internal/bench", "internal/doctor"},
	{"cmd/attribution"},
}

// pure packages compute: what they return depends on their arguments alone.
var pure = []string{"internal/csvfile", "internal/event", "internal/month", "internal/sessionize", "internal/alias", "internal/touch", "internal/channel", "internal/model"}

// impure imports are databases, loggers, the environment and the outside world.
var impure = []string{"database/sql", "log", "log/slog", "net", "net/http", "os", "os/exec", "syscall", "testing", "github.com/jackc/"}

// clocks are the functions of package time that look at one.
var clocks = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// A listed package is what go list says of it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

// list is every package of the module, by its path in it.
func list(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", module+"...")
	out, err := cmd.Output()
	require.NoError(t, err)
	packages := map[string]listed{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		packages[strings.TrimPrefix(p.ImportPath, module)] = p
	}
	require.NotEmpty(t, packages)
	return packages
}

// A tool is for developers: it may import whatever it likes, and only other
// tools and tests import it.
func tool(path string) bool {
	return strings.HasPrefix(path, "scripts/") || path == "internal/faults" || path == "internal/testkit" || strings.HasPrefix(path, "internal/testkit/")
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	level := map[string]int{}
	for i, layer := range layers {
		for _, path := range layer {
			level[path] = i
		}
	}
	for path, p := range list(t) {
		if tool(path) || len(p.GoFiles) == 0 {
			continue
		}
		mine, known := level[path]
		if !known {
			t.Errorf("%s is in no layer: add it to layers in imports_test.go", path)
			continue
		}
		for _, imported := range p.Imports {
			theirs, ours := strings.CutPrefix(imported, module)
			switch {
			case !ours:
			case tool(theirs):
				t.Errorf("%s imports %s, which is for tests", path, theirs)
			case level[theirs] >= mine:
				t.Errorf("%s imports %s, which is not below it: imports go down (see layers)", path, theirs)
			}
		}
	}
}

func TestStagesGetValuesNotServices(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, path := range []string{"internal/config", "internal/notify"} {
		for importer, p := range packages {
			allowed := tool(importer) || importer == "internal/pipeline" || strings.HasPrefix(importer, "cmd/")
			if !allowed && slices.Contains(p.Imports, module+path) {
				t.Errorf("%s imports %s, which belongs to the pipeline and the commands", importer, path)
			}
		}
	}
}

func TestPureCores(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, path := range pure {
		p, found := packages[path]
		if !found {
			continue // not written yet
		}
		for _, imported := range p.Imports {
			if slices.ContainsFunc(impure, func(bad string) bool {
				return imported == bad || strings.HasSuffix(bad, "/") && strings.HasPrefix(imported, bad)
			}) {
				t.Errorf("%s imports %s: pure packages know no database, logger or environment", path, imported)
			}
		}
		for _, name := range p.GoFiles {
			for _, use := range clockUses(t, filepath.Join(p.Dir, name)) {
				t.Errorf("%s: %s: pure packages know no clock: take the time as an argument", path, use)
			}
		}
	}
}

// clockUses are the places in a file that look at a clock.
func clockUses(t *testing.T, path string) (uses []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, sel.Sel.Name) {
				uses = append(uses, files.Position(n.Pos()).String()+": time."+sel.Sel.Name)
			}
		}
		return true
	})
	return uses
}
