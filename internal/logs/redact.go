package logs

import "regexp"

// Hidden stands where something was blotted out.
const Hidden = "[hidden]"

// shapes are what is blotted out, and what is put there instead.
var shapes = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`://\S*@`), "://" + Hidden + "@"}, // user and password of a URL
	{regexp.MustCompile(`(?i)((?:password|passwd|secret|token|api_?key|routing_?key)["']?\s*[=:]\s*)(?:'[^']*'|"[^"]*"|\S+)`), "${1}" + Hidden},
	{regexp.MustCompile(`(--person[= ]+)(?:'[^']*'|"[^"]*"|\S+)`), "${1}" + Hidden},
	{regexp.MustCompile(`\b(?:user|anon):\S+`), Hidden},                                            // a person, as our command line writes one
	{regexp.MustCompile(`((?:: |\bvalue |\bperson )").*"`), "${1}" + Hidden + `"`},                 // the value Postgres did not like
	{regexp.MustCompile(`[«»„“‚‘「『].*[«»“”‘’」』]`), Hidden},                                         // the same in other languages
	{regexp.MustCompile(`(\([^()]*\)=\().*\)`), "${1}" + Hidden + ")"},                             // Key (user_id)=(…)
	{regexp.MustCompile(`[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`), Hidden}, // an e-mail address
	{regexp.MustCompile(`(?i)\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b`), Hidden},          // a UUID, as anonymous_ids are
}

// Redact blots out of s the secrets and identifiers of persons that can be told by
// their shape. It is the last net, not the first: messages should not have them.
func Redact(s string) string {
	for _, shape := range shapes {
		s = shape.find.ReplaceAllString(s, shape.put)
	}
	return s
}
