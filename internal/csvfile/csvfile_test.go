package csvfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/csvfile"
)

// columns are two wanted ones, the second of which may be missing.
var columns = csvfile.Columns{Names: []string{"user", "note"}, Optional: []string{"note"}}

// read reads a file whole.
func read(file io.Reader) (rows []string, err error) {
	err = csvfile.Read("f.csv", file, columns, func(values []string) error {
		if values[0] == "bad" {
			return errors.New("a bad user")
		}
		rows = append(rows, strings.Join(values, "|"))
		return nil
	})
	return rows, err
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
		err  string
	}{
		{"user,note\na,b\n", []string{"a|b"}, ""},
		{"other, NOTE ,User\r\n1,b,a\r\n2,,c", []string{"a|b", "c|"}, ""},
		{"user\na\n\nb\n", []string{"a|", "b|"}, ""},
		{"\ufeff\"user\"\n\"a, \"\"b\"\"\"\n", []string{`a, "b"|`}, ""},
		{"user\n\"two\nlines\"\nbad\n", []string{"two\nlines|"}, "f.csv:4: a bad user"},
		{"", nil, "f.csv:1: the file is empty: its first line must name the columns user, note"},
		{"note\nx\n", nil, `f.csv:1: there is no column user among ["note"]`},
		{"user,note,USER\n", nil, "f.csv:1: there are two columns user"},
		{"user,note\na,b\nc\n", []string{"a|b"}, "f.csv:3: wrong number of fields"},
		{"user\na\"b\n", nil, "f.csv:2: bare \""},
		{"user\n\"a\n\n", nil, "f.csv:2: extraneous or missing \""},
		{"\"", nil, "f.csv:1: extraneous or missing \""},
	} {
		rows, err := read(strings.NewReader(c.text))
		require.Equal(t, c.want, rows, "%q", c.text)
		if c.err == "" {
			require.NoError(t, err, "%q", c.text)
		} else {
			require.ErrorContains(t, err, c.err)
		}
	}
	only := columns
	only.Only = true
	require.ErrorContains(t, csvfile.Read("f.csv", strings.NewReader("user,nots\n"), only, nil), `f.csv:1: column "nots" is none of user, note: leave it out, or rename it`)
	_, err := read(io.MultiReader(strings.NewReader("user\na\n"), iotest.ErrReader(errors.New("the disk is gone"))))
	require.ErrorContains(t, err, "f.csv: the disk is gone")
}

// FuzzRead: whatever is in a file, reading it ends, and its errors say where.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"user,note\na,b\n", "\ufeffuser\n\"a\n", "user\nbad\n", "\x00,\xff\n", "user,user\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := read(strings.NewReader(text)); err != nil {
			require.Regexp(t, `^f\.csv:\d+: `, err.Error())
		}
	})
}
