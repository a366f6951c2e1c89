// Package rules embeds the data by which evidence is read: channels, click ids,
// hosts, paid media, absent values, internal domains, blog patterns and blocked
// identifiers. The YAML files beside this one are edited by analysts; README.md
// explains them. Package channel compiles them; a config's defaults come from here.
package rules

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Files holds every shipped YAML file by its name: "channels.yaml", …, and those of public
// lists as "third_party/hosts.yaml", …
//
//go:embed *.yaml third_party/*.yaml
var Files embed.FS

// A Header opens every shipped file: what it is, where its facts come from, and
// under which licence it may be passed on. All three are required.
type Header struct {
	About   string `yaml:"about"`
	Source  string `yaml:"source"`
	Licence string `yaml:"licence"`
}

// Blocked lists the identifiers that count as absent by default, from
// blocked.yaml. The setting identity.blocked replaces the list.
func Blocked() []string {
	var file struct {
		Header  `yaml:",inline"`
		Blocked []string `yaml:"blocked"`
	}
	mustRead("blocked.yaml", &file)
	return file.Blocked
}

// InternalDomains lists the payment and login hosts whose visitors are on their
// way back, not on their way in, from internal_domains.yaml. The setting
// internal_domains replaces the list.
func InternalDomains() []string {
	var file struct {
		Header  `yaml:",inline"`
		Domains []string `yaml:"internal_domains"`
	}
	mustRead("internal_domains.yaml", &file)
	return file.Domains
}

// BlogPatterns lists the regular expressions (RE2, over the page URL) that make a
// page a blog page by default, from blog_patterns.yaml. The setting blog_patterns
// replaces the list.
func BlogPatterns() []string {
	var file struct {
		Header   `yaml:",inline"`
		Patterns []string `yaml:"blog_patterns"`
	}
	mustRead("blog_patterns.yaml", &file)
	return file.Patterns
}

// Read decodes the shipped file of that name into v. See Decode.
func Read(name string, v any) error {
	data, err := Files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("rules/%s: %w", name, err)
	}
	return Decode("rules/"+name, data, v)
}

// Decode decodes one YAML document strictly: an unknown or repeated key, a value
// of the wrong type or a second document is an error that names the file (name is
// only for that) and the line. An empty document leaves v as it was.
func Decode(name string, data []byte, v any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("%s: %s", name, explain(err))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one YAML document: keep one, without a second \"---\"", name)
	}
	return nil
}

var unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)

// explain rewrites a YAML error for somebody who does not read Go.
func explain(err error) string {
	msg := err.Error()
	var types *yaml.TypeError
	if errors.As(err, &types) {
		msg = strings.Join(types.Errors, "; ")
	}
	msg = strings.TrimPrefix(msg, "yaml: ")
	if unknownField.MatchString(msg) {
		msg = unknownField.ReplaceAllString(msg, `unknown key "$1"`) + ": correct or remove it (rules/README.md lists the keys)"
	}
	return msg
}

// mustRead reads a shipped file; a broken one is a broken build, caught by tests.
func mustRead(name string, v any) {
	if err := Read(name, v); err != nil {
		panic(err)
	}
}

// A SurveyAnswer is an entry of survey_answers.yaml, described there.
type SurveyAnswer struct {
	Answer   string   `yaml:"answer"`
	Match    string   `yaml:"match"`
	Channels []string `yaml:"channels"`
}

// SurveyAnswers are those of own, the content of the user's file of that name, laid over
// the shipped ones: asked before them, or instead of them where it says "replace: true".
// Errors: own is no such file.
func SurveyAnswers(name string, own []byte) ([]SurveyAnswer, error) {
	var shipped, file struct {
		Header  `yaml:",inline"`
		Replace bool           `yaml:"replace"`
		Answers []SurveyAnswer `yaml:"survey_answers"`
	}
	mustRead("survey_answers.yaml", &shipped)
	if err := Decode(name, own, &file); err != nil {
		return nil, err
	}
	if file.Replace {
		return file.Answers, nil
	}
	return append(file.Answers, shipped.Answers...), nil
}
