package pg_test

import (
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
)

// TestNoTemplateFieldIsAPlainString: what a statement is made of is quoted by its
// type, not by memory.
func TestNoTemplateFieldIsAPlainString(t *testing.T) {
	t.Parallel()
	safe := map[reflect.Type]bool{
		reflect.TypeFor[month.Month](): true, reflect.TypeFor[pg.RunID](): true, reflect.TypeFor[pg.Identifier](): true, reflect.TypeFor[pg.Window](): false,
	}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		if safe[typ] {
			return
		}
		switch typ.Kind() {
		case reflect.Bool:
		case reflect.Slice, reflect.Array, reflect.Pointer:
			walk(path+"[]", typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if f := typ.Field(i); f.IsExported() { // templates see no others
					walk(path+"."+f.Name, f.Type)
				}
			}
		default:
			t.Errorf("%s is a %s: give it a type that renders itself safely", path, typ)
		}
	}
	walk("Data", reflect.TypeFor[pg.Data]())
	require.Equal(t, reflect.Int64, reflect.TypeFor[pg.RunID]().Kind())
	require.Equal(t, reflect.Int, reflect.TypeFor[month.Month]().Kind())
	for i := range reflect.TypeFor[pg.Identifier]().NumField() {
		require.False(t, reflect.TypeFor[pg.Identifier]().Field(i).IsExported(), "an Identifier can only be made by Ident")
	}
}

func TestSourceItems(t *testing.T) {
	t.Parallel()
	for want, item := range map[string]pg.SourceItem{
		`"t"."context_page_url"::text AS "context_page_url"`:             pg.Column("context_page_url", "context_page_url", "text"),
		`"t"."u""id"::timestamptz AS "x"`:                                pg.Column("x", `u"id`, "timestamptz"),
		`NULL::text AS "event"`:                                          pg.Absent("event", "text"),
		`coalesce(btrim("t"."user_id"::text, @spaces), '') AS "user_id"`: pg.TrimmedIdentifier("user_id"),
		`''::text AS "previous_id"`:                                      pg.AbsentIdentifier("previous_id"),
		`"t"."x); DROP TABLE y; --"::text AS "x); DROP TABLE y; --"`:     pg.Column("x); DROP TABLE y; --", "x); DROP TABLE y; --", "text"),
	} {
		require.Equal(t, want, item.String())
	}
	require.NotContains(t, pg.Column("a", "b", "text; DROP TABLE x").String(), "DROP")
	require.Panics(t, func() { pg.Column("a\x00", "a", "text") })
}

func parse(t testing.TB, files map[string]string) (*pg.Templates, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return pg.ParseTemplates(fsys, pg.Names{Segment: `we"ird`, Stages: "my stages", Sessions: "s", Aliases: "a", Ops: "o"})
}

func TestRender(t *testing.T) {
	t.Parallel()
	m, err := month.Parse("2018-12")
	require.NoError(t, err)
	templates, err := parse(t, map[string]string{
		"01_x/010_a.sql": `SELECT {{segment}}.x, {{partition "stages" "all_tracks" .Month}}, {{partition "stages" "all_tracks" .Month "_aliased"}}, {{aside "sessions" "touches" .Run}}, {{.Month.From}}` + "\n",
		"01_x/020_b.sql": `{{.Nope}}`,
		"01_x/030_c.sql": `{{partition "nowhere" "x" .Month}}`,
		"01_x/040_d.sql": `{{partition "stages" "a_table_with_a_very_long_name_of_more_than_sixty_bytes_in_it" .Month}}`,
		"01_x/readme.md": `{{.Nope`,
	})
	require.NoError(t, err)
	sql, err := templates.Render("01_x/010_a.sql", pg.Data{Month: m, Run: 12})
	require.NoError(t, err)
	require.Equal(t, `SELECT "we""ird".x, "my stages"."all_tracks_2018_12", "my stages"."all_tracks_2018_12_aliased", "s"."touches_new_12", '2018-12-01 00:00:00+00'`, sql)
	for file, why := range map[string]string{
		"01_x/020_b.sql": "01_x/020_b.sql", "01_x/030_c.sql": "identifier: empty", "01_x/040_d.sql": "Postgres keeps at most 63", "01_x/nope.sql": "no statement 01_x/nope.sql",
	} {
		_, err := templates.Render(file, pg.Data{Month: m})
		require.ErrorContains(t, err, why)
	}
	require.ElementsMatch(t, []string{"01_x/010_a.sql", "01_x/020_b.sql", "01_x/030_c.sql", "01_x/040_d.sql"}, templates.Files())
}

// TestFilesAreSorted, as they say.
func TestFilesAreSorted(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	want := []string{"01/a.sql", "01/b.sql", "01/c.sql", "02/a.sql", "02/b.sql", "03/z.sql"}
	for _, f := range want {
		files[f] = "SELECT 1"
	}
	for range 20 {
		templates, err := parse(t, files)
		require.NoError(t, err)
		require.Equal(t, want, templates.Files())
	}
}

func TestParseTemplatesRefuses(t *testing.T) {
	t.Parallel()
	_, err := parse(t, map[string]string{"01_x/010_a.sql": "SELECT {{if}}"})
	require.ErrorContains(t, err, "01_x/010_a.sql")
	_, err = pg.ParseTemplates(fstest.MapFS{}, pg.Names{Segment: "a", Stages: "b", Sessions: "c", Aliases: "d"})
	require.ErrorContains(t, err, "schemas.ops: identifier: empty")
}
