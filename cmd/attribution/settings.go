package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/attribution-dev/attribution/internal/config"
)

// embeddedSettings is the settings file of a folder given to --embedded.
const embeddedSettings = "attribution.yaml"

// settings reads the configuration; the flags win over the environment, which wins
// over the file.
func (g *globals) settings() (config.Config, error) {
	file := g.configFile
	if file == "" {
		file = g.lookup("ATTRIBUTION_CONFIG")
	}
	if file == "" && g.embedded != "" {
		own := filepath.Join(g.embedded, embeddedSettings)
		if _, err := os.Stat(own); err == nil {
			file = own
		}
	}
	c, err := config.Load(file, g.environ)
	if err != nil {
		return c, misconfigured(readable(err))
	}
	g.warnOfMisspeltVariables()
	if g.databaseURL != "" {
		c.DatabaseURL = g.databaseURL
	}
	return c, nil
}

// lookup is the value of an environment variable, or "".
func (g *globals) lookup(name string) string {
	value := ""
	for _, v := range g.environ {
		if key, rest, _ := strings.Cut(v, "="); key == name {
			value = rest
		}
	}
	return value
}

// A readableError is an error in other words.
type readableError struct {
	error
	text string
}

// Error is the text in other words.
func (e *readableError) Error() string { return e.text }

// Unwrap is the error itself.
func (e *readableError) Unwrap() error { return e.error }

// unknownKey is how the YAML library says that a key is none of ours.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type config\.(\w+)`)

// readable names settings, not Go types, and the key that was meant.
func readable(err error) error {
	text := strings.ReplaceAll(err.Error(), "yaml: unmarshal errors:\n  ", "")
	text = unknownKey.ReplaceAllStringFunc(text, func(found string) string {
		m := unknownKey.FindStringSubmatch(found)
		return `unknown key "` + m[1] + `"` + didYouMean(m[1], keysOf(m[2]))
	})
	return &readableError{error: err, text: text}
}

// keysOf are the YAML keys of one of the configuration's structs.
func keysOf(name string) (keys []string) {
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for f := range t.Fields() {
			if t.Name() == name {
				keys = append(keys, f.Tag.Get("yaml"))
			}
			switch of := f.Type; of.Kind() {
			case reflect.Struct:
				visit(of)
			case reflect.Slice:
				if of.Elem().Kind() == reflect.Struct {
					visit(of.Elem())
				}
			}
		}
	}
	visit(reflect.TypeFor[config.Config]())
	return keys
}

// numbered is the part of a variable that counts in a list: ATTRIBUTION_CONVERSIONS_1_NAME.
var numbered = regexp.MustCompile(`_\d+_`)

// warnOfMisspeltVariables notices variables that are nearly those of a setting. Others
// with our prefix may be anybody's: Kubernetes makes ATTRIBUTION_SERVICE_HOST for a
// service of our name.
func (g *globals) warnOfMisspeltVariables() {
	known := append(config.Variables(), "ATTRIBUTION_CONFIG")
	for _, v := range g.environ {
		name, _, _ := strings.Cut(v, "=")
		name = numbered.ReplaceAllString(name, "_0_")
		if !strings.HasPrefix(name, config.Prefix) || slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if typingErrors([]rune(name), []rune(k)) <= 2 {
				g.log.Warn("environment variable is no setting", "name", name, "did_you_mean", k)
				break
			}
		}
	}
}
