package looker_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A dashboard is one of LookML, which are YAML; keys that are not here are problems.
type dashboard struct {
	Dashboard, Title, Description, Layout string
	Viewer                                string `yaml:"preferred_viewer"`
	Filters                               []struct {
		Name, Title, Type, Model, Explore, Field string
		Default                                  string `yaml:"default_value"`
		Multiple                                 bool   `yaml:"allow_multiple_values"`
		Required                                 bool
	}
	Elements []element
}

// An element is a tile: a query and how it is shown.
type element struct {
	Name, Title, Model, Explore, Type, Stacking string
	NoteText                                    string `yaml:"note_text"`
	NoteState                                   string `yaml:"note_state"`
	NoteDisplay                                 string `yaml:"note_display"`
	Fields, Pivots, Sorts                       []string
	Filters                                     map[string]string
	Listen                                      map[string]string // dashboard filter → field
	Limit, Row, Col, Width, Height              int
}

func (p *project) readDashboards(files map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(path, ".dashboard.lookml") {
			continue
		}
		decoder := yaml.NewDecoder(bytes.NewReader([]byte(files[path])))
		decoder.KnownFields(true)
		var some []dashboard
		if err := decoder.Decode(&some); err != nil {
			p.problem("%s: %v", path, err)
		}
		p.Dashboards = append(p.Dashboards, some...)
	}
}

// queries are those of the tiles, as they are when the dashboard is opened.
func (d dashboard) queries(p *project) (all []query) {
	defaults := map[string]string{}
	for _, f := range d.Filters {
		where := "dashboard " + d.Dashboard + ", filter " + f.Name
		defaults[f.Name] = f.Default
		if f.Model != "attribution" {
			p.problem("%s: no model %s", where, f.Model)
		}
		all = append(all, query{where: where, explore: f.Explore, fields: []string{f.Field}})
	}
	for _, e := range d.Elements {
		q := query{where: "dashboard " + d.Dashboard + ", tile " + e.Name, explore: e.Explore, fields: e.Fields, filters: maps.Clone(e.Filters)}
		if q.filters == nil {
			q.filters = map[string]string{}
		}
		if e.Model != "attribution" {
			p.problem("%s: no model %s", q.where, e.Model)
		}
		for name, f := range e.Listen {
			if _, exists := defaults[name]; !exists {
				p.problem("%s: listens to %s, which is no filter of the dashboard", q.where, name)
			}
			q.filters[f] = defaults[name]
		}
		for _, f := range append(slices.Clone(e.Pivots), e.Sorts...) {
			if !slices.Contains(e.Fields, strings.TrimSuffix(f, " desc")) {
				p.problem("%s: %s is pivoted or sorted by and is none of its fields", q.where, f)
			}
		}
		all = append(all, q)
	}
	return all
}
