package main

import "runtime/debug"

// didYouMean is `: did you mean "x"?` for the candidate that was probably meant, or "".
func didYouMean(word string, candidates []string) string {
	if meant := closest(word, candidates); meant != "" {
		return `: did you mean "` + meant + `"?`
	}
	return ""
}

// closest is the candidate the fewest typing errors away from word, or "" where none
// is near: more than two errors, and more than a third of the letters, are too far.
func closest(word string, candidates []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := typingErrors([]rune(word), []rune(c)); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}

// typingErrors is the Levenshtein distance of two words, a swap of neighbours
// counting as one.
func typingErrors(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// programVersion is the version the linker set, else the module's.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
