package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"golang.org/x/net/publicsuffix"
)

// Versions of the code that reads evidence: to be raised with every change that
// gives another result for the same rules, so that what it bears on is redone.
const (
	crawlersVersion = 1 // Crawler: stage 1
	tagsVersion     = 1 // Tags, IsBlog: stage 2
	evidenceVersion = 1 // Referral, Classify, Direct: stage 5
)

// Fingerprint is a hash of all that what the stage reads here depends on, "" for
// stages that read nothing here. Stage 1 depends on the crawlers; stage 2 on click ids (names, order,
// implied source and medium), absent values and blog patterns; stage 5 on channels,
// paid media, which click ids are paid, hosts, own and internal domains, and the
// public suffix list built in. Comments, layout, and the order of lists whose order
// means nothing do not change it. See the contract, section 6.
func (r *Rules) Fingerprint(stage int) string { return r.fingerprints[stage] }

// computeFingerprints computes the fingerprint of each stage that has one.
func (r *Rules) computeFingerprints(d data, blogPatterns []string) map[int]string {
	type implied struct{ Name, Source, Medium string }
	var clickIDs []implied
	var paidIDs []string
	for _, c := range d.ClickIDs {
		clickIDs = append(clickIDs, implied{c.Name, c.Source, c.Medium})
		if c.Paid {
			paidIDs = append(paidIDs, c.Name)
		}
	}
	return map[int]string{
		1: hash(crawlersVersion, set(d.Crawlers)),
		2: hash(tagsVersion, clickIDs, set(d.Absent), set(blogPatterns)),
		5: hash(evidenceVersion, d.Channels, set(d.Paid), set(paidIDs), r.sites.meaning(), r.listed.meaning(), slices.Sorted(maps.Keys(r.internal)), publicsuffix.List.String()),
	}
}

// hash is a hash over the exported fields of the parts.
func hash(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // unreachable: strings, booleans and lists of them
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// set is the list sorted and without repetitions.
func set(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
