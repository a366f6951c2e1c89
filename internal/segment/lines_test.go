package segment

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func split(t *testing.T, limit int, text string) (got []string) {
	t.Helper()
	s := newSplitter(strings.NewReader(text))
	s.limit = limit
	require.NoError(t, s.each(func(l rawLine) bool {
		if l.tooLong {
			got = append(got, fmt.Sprintf("%d: too long", l.line))
		} else {
			got = append(got, fmt.Sprintf("%d: %s", l.line, l.text))
		}
		return true
	}))
	return got
}

func TestSplitter(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                 {"", nil},
		"blank":                   {"\xEF\xBB\xBF \r\n\n", nil},
		"lines":                   {"{\"a\":1}\r\n\n {\"b\":2} \n{\"c\"", []string{`1: {"a":1}`, `3: {"b":2}`, `4: {"c"`}},
		"BOM and first line late": {"\xEF\xBB\xBF\n\n{\"a\":1}", []string{`3: {"a":1}`}},
		"commas at line ends":     {"{\"a\":1}\n{\"b\":2},\n{\"c\":3}", []string{`1: {"a":1}`, `2: {"b":2}`, `3: {"c":3}`}},
		"array on one line":       {`[{"a":"}]\"{"},{"b":[1,{}]}]`, []string{`1: {"a":"}]\"{"}`, `1: {"b":[1,{}]}`}},
		"array over lines":        {"[\n{\"a\":\n1},\n\n{\"b\":2}\n]\n", []string{"2: {\"a\":\n1}", `5: {"b":2}`}},
		"pretty printed":          {"{\n \"a\": 1\n}\n{\n \"b\": 2\n}", []string{"1: {\n \"a\": 1\n}", "4: {\n \"b\": 2\n}"}},
		"garbage in a document":   {"[\n{\"a\":1}, what?\n{\"b\":2}]", []string{`2: {"a":1}`, "2: what?", `3: {"b":2}`}},
		"an unclosed string":      {"[\n{\"a\":\"oops},\n{\"b\":2}]", []string{`2: {"a":"oops},`, `3: {"b":2}`}},
		"cut off":                 {"[{\"a\":1},{\"b\":", []string{`1: {"a":1}`, `1: {"b":`}},
		"too long":                {"{\"a\":1}\n{\"" + strings.Repeat("x", 600<<10) + "\"}\n{\"b\":2}", []string{`1: {"a":1}`, "2: too long", `3: {"b":2}`}},
		"too long in a document":  {"[{\"a\":1},\n{\"" + strings.Repeat("x", 600<<10) + "\"},\n{\"b\":2}", []string{`1: {"a":1}`, "2: too long", `3: {"b":2}`}},
	} {
		assert.Equal(t, c.want, split(t, 500<<10, c.text), name)
	}
	long := `{"a":"` + strings.Repeat("x", 400<<10) + `"}`
	assert.Equal(t, []string{"1: " + long, `2: {"b":2}`}, split(t, 500<<10, long+"\n"+`{"b":2}`))
}

func TestSplitterKeepsWhatCameBeforeAnError(t *testing.T) {
	broken := errors.New("disk on fire")
	s := newSplitter(io.MultiReader(strings.NewReader("{\"a\":1}\n{\"b\":"), iotest.ErrReader(broken)))
	var got []string
	err := s.each(func(l rawLine) bool { got = append(got, string(l.text)); return true })
	require.ErrorIs(t, err, broken)
	assert.Equal(t, []string{`{"a":1}`, `{"b":`}, got)
}
