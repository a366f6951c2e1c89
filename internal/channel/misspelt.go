package channel

import (
	"regexp"
	"strings"
)

// CampaignColumnPrefix begins the name of every campaign column Segment makes.
const CampaignColumnPrefix = "context_campaign_"

// campaignWords are the words a campaign column may be meant to say, and the
// column each stands for. analytics.js renames utm_campaign to name, so a misspelt
// "campaign" is a campaign's name.
var campaignWords = []struct{ word, column string }{
	{"source", "source"}, {"medium", "medium"}, {"campaign", "name"}, {"name", "name"}, {"term", "term"}, {"content", "content"},
}

// otherWords are words of their own that a slip of the pen would make of one of
// campaignWords.
var otherWords = map[string]bool{"contact": true, "contest": true, "context": true, "resource": true}

// escapeRemnant is what is left of a percent-escaped character outside ASCII once
// Segment has made a column name of it: %E2%80%8B, a zero-width space, becomes
// _e2_80_8b.
var escapeRemnant = regexp.MustCompile(`(_[89a-f][0-9a-f]){2,}`)

// MisspeltCampaignColumn says which campaign column a column was likely meant to
// be: context_campaign_soure gives context_campaign_source. Segment makes a column
// of any utm_ parameter, so a misspelt link puts its source where nothing reads it.
//
// Not ok: the column is one of the five exactly, is no campaign column, or is one of
// its own (context_campaign_id, _keyword, _campaign_id, _source_platform). The
// answer is a guess, to be reported, never followed.
func MisspeltCampaignColumn(column string) (likely string, ok bool) {
	rest, isCampaign := strings.CutPrefix(strings.ToLower(column), CampaignColumnPrefix)
	if !isCampaign {
		return "", false
	}
	for _, w := range campaignWords {
		if rest == w.column {
			return "", false
		}
	}
	letters := strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, escapeRemnant.ReplaceAllString(rest, ""))
	letters = strings.TrimPrefix(letters, "utm") // of utm_utm_source
	if otherWords[letters] {
		return "", false
	}
	for _, w := range campaignWords {
		if extra, whole := strings.CutPrefix(letters, w.word); whole {
			if len(extra) > 1 {
				return "", false // source_platform, campaign_id
			}
			return CampaignColumnPrefix + w.column, true // source_1, sources
		}
	}
	for _, w := range campaignWords {
		if isSlip(letters, w.word) {
			return CampaignColumnPrefix + w.column, true
		}
	}
	return "", false
}

// isSlip reports whether got is likely word, written in haste: one slip apart; or
// two, for words of six letters and more, if they begin alike; or such a word
// without its last letter, run into its value (campaigevite). In words of four
// letters one letter for another makes too many other words (team, game) to count.
func isSlip(got, word string) bool {
	if len(word) < 6 {
		return slips(got, word, 2) <= 1
	}
	if strings.HasPrefix(got, word[:len(word)-1]) {
		return true
	}
	n := slips(got, word, 1)
	return n <= 1 || n == 2 && got[0] == word[0]
}

// slips counts the least slips that make b of a: a letter left out, added, swapped
// with its neighbour, or, at its own price, put for another.
func slips(a, b string, substitution int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := substitution
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
