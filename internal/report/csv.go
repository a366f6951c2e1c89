package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// keyColumns is how many keys a row of any table has at most.
const keyColumns = 3

// CSV writes every number on a line of its own: section, table, the up to three names of
// its row, what is measured, the value. Names that a spreadsheet would take for a
// formula begin with an apostrophe.
func (r *Report) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"section", "table", "key1", "key2", "key3", "measure", "value"}) // kept until Flush, as all errors are
	for _, s := range r.Sections {
		for _, t := range s.Tables {
			for _, row := range t.Rows {
				keys := make([]string, keyColumns)
				for i := range t.Keys {
					keys[i] = harmless(plain(row[i]))
				}
				for i := t.Keys; i < len(row); i++ {
					if t.Columns[i].Key == "name" || t.Columns[i].Key == "note" {
						continue // words, for people
					}
					_ = out.Write(append(append([]string{s.ID, t.ID}, keys...), t.Columns[i].Key, harmless(plain(row[i]))))
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// plain is a cell as programs read it: no separators, shares as fractions, nothing for
// what is not known.
func plain(cell any) string {
	switch v := cell.(type) {
	case Text:
		return string(v)
	case nil:
		return ""
	case Count:
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(number(cell), 'f', -1, 64)
}

// harmless is a text no spreadsheet computes. Numbers stay as they are.
func harmless(s string) string {
	if s == "" || !strings.ContainsAny(s[:1], "=+-@\t\r") {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
