package model_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/model"
)

// read is all rows of a file.
func read(text, separator string) (rows []model.Path, err error) {
	r, err := model.NewReader(strings.NewReader(text), "paths.csv", separator)
	if err != nil {
		return nil, err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row.Channels = append([]string(nil), row.Channels...)
		row.Ages = append([]float64(nil), row.Ages...)
		rows = append(rows, row)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, separator string
		want                  []model.Path
	}{
		{
			"columns by name, a byte order mark, Windows line ends, an empty line",
			"\ufeffNulls, Path ,CONVERSIONS\r\n1,a > b>c,2\r\n\r\n0, , 3\r\n", ">",
			[]model.Path{{Channels: []string{"a", "b", "c"}, Conversions: 2, Nulls: 1}, {Conversions: 3}},
		},
		{
			"ages; a quoted name with a comma, a quote and a line end",
			"path,conversions,ages\n\"Paid, \"\"Search\"\"\n| b\",1,3 0.5\n", "|",
			[]model.Path{{Channels: []string{`Paid, "Search"`, "b"}, Conversions: 1, Ages: []float64{3, .5}}},
		},
		{
			"a separator with spaces leaves the bare one alone",
			"path,conversions\na>b > c,1\n", " > ",
			[]model.Path{{Channels: []string{"a>b", "c"}, Conversions: 1}},
		},
		{"no rows", "path,conversions\n", ">", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, err := read(c.text, c.separator)
			require.NoError(t, err)
			require.Equal(t, c.want, rows)
		})
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "paths.csv:1: the file is empty: its first line must name the columns path, conversions, nulls, ages",
		"path;conversions\n":                     `paths.csv:1: column "path;conversions" is none of path, conversions, nulls, ages: leave it out, or rename it; columns are separated by commas`,
		"path,conversions,null\n":                `paths.csv:1: column "null" is none of path, conversions, nulls, ages: leave it out, or rename it; columns are separated by commas`,
		"path,Path,conversions\n":                "paths.csv:1: there are two columns path: leave one",
		"path,nulls\n":                           `paths.csv:1: there is no column conversions among ["path" "nulls"]: call one so`,
		"conversions\n":                          `paths.csv:1: there is no column path among ["conversions"]: call one so`,
		"path,conversions\na,1\na,-1\n":          `paths.csv:3: conversions "-1": want a whole number, 0 to 2^53, without separators`,
		"path,conversions,nulls\na,1,\n":         `paths.csv:2: nulls "": want a whole number, 0 to 2^53, without separators`,
		"path,conversions\na,1.5\n":              `paths.csv:2: conversions "1.5": want a whole number, 0 to 2^53, without separators`,
		"path,conversions\na,9007199254740993\n": `paths.csv:2: conversions "9007199254740993": want a whole number, 0 to 2^53, without separators`,
		"path,conversions\na,b,1\n":              "paths.csv:2: wrong number of fields: every line needs as many values as the header, those with commas or quotes in double quotes",
		"path,conversions\na\"b,1\n":             "paths.csv:2: bare \" in non-quoted-field: every line needs as many values as the header, those with commas or quotes in double quotes",
		"path,conversions\n\"a,1\n":              "paths.csv:2: extraneous or missing \" in quoted-field: every line needs as many values as the header, those with commas or quotes in double quotes",
		"path,conversions\n\na > > b,1\n":        `paths.csv:3: path "a > > b" has a channel without a name: name it, or give the right --separator`,
		"path,conversions\na\xff,1\n":            `paths.csv:2: path "a\xff" is not UTF-8: save the file as UTF-8`,
		"path,conversions,ages\na,1,old\n":       `paths.csv:2: age "old" is no number: want one for each touch, in half-lives, such as "3 2 0.5"`,
	} {
		_, err := read(text, ">")
		require.EqualError(t, err, want)
	}
	_, err := model.NewReader(&broken{}, "paths.csv", ">")
	require.EqualError(t, err, "paths.csv: the disk is gone")
	r, err := model.NewReader(io.MultiReader(strings.NewReader("path,conversions\na,1\n"), &broken{}), "paths.csv", ">")
	require.NoError(t, err)
	require.EqualError(t, r.AddTo(model.NewPaths(model.Options{})), "paths.csv: the disk is gone")
	r, err = model.NewReader(strings.NewReader("path,conversions\na,1\n(null),1\n"), "paths.csv", ">")
	require.NoError(t, err)
	require.EqualError(t, r.AddTo(model.NewPaths(model.Options{})), "paths.csv:3: a channel cannot be called (null), which has a meaning of its own: give it another name")
}

// broken is a reader that fails.
type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// FuzzReader: any file is either refused with its name, or gives rows whose models
// share out exactly the conversions read.
func FuzzReader(f *testing.F) {
	f.Add("path,conversions,nulls,ages\na > b,3,1,2 1\n,2,0,\n\"a, b\",1,0,0\n", ">")
	f.Add("\ufeffCONVERSIONS,path\r\n1,a|b|a\r\n", "|")
	f.Add("path,conversions\na\x00b>(null),1\n", ">")
	f.Add("path,conversions,ages\na,1,NaN\n", ">")
	f.Add("path,conversions\n9007199254740992,9007199254740992\n", "")
	f.Fuzz(func(t *testing.T, text, separator string) {
		if separator == "" || len(text) > 2000 {
			return
		}
		r, err := model.NewReader(strings.NewReader(text), "paths.csv", separator)
		p := model.NewPaths(model.Options{Order: 2, Nulls: true, Direct: "direct", Paid: []string{"a"}})
		if err == nil {
			err = r.AddTo(p)
		}
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "paths.csv"), err)
			return
		}
		result, err := p.Result()
		require.NoError(t, err)
		for _, m := range model.All() {
			sum := result.Unattributed[m]
			for _, e := range result.Channels {
				sum += e.Credits[m]
			}
			require.InEpsilon(t, 1+float64(result.Conversions), 1+sum, 1e-9, m)
		}
	})
}
