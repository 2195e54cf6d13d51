package diag

import "strings"

const (
	maxSuggestLen = 64 // bytes; longer words are not names that somebody mistyped
	maxEdits      = 3
)

// Suggest returns the candidate that word is most likely a misspelling of.
// Upper and lower case, and - and _, count as equal; beyond that a third of
// the longer word may differ, at most three edits (a letter more, less, other,
// or two swapped). Of equally near candidates it takes the one that differs
// less as written, then the first in byte order, so the order of candidates
// does not matter. Its time is linear in their total length.
func Suggest(word string, candidates []string) (string, bool) {
	if word == "" || len(word) > maxSuggestLen {
		return "", false
	}
	var best string
	near, exact := maxEdits+1, 0 // distances of best, folded and as written
	folded := fold(word)
	for _, c := range candidates {
		if c == word || c == "" || len(c) > maxSuggestLen+maxEdits {
			continue
		}
		limit := min(max(len(c), len(word))/3, maxEdits)
		n := edits(folded, fold(c), min(limit, near))
		if n > limit || n > near {
			continue
		}
		e := edits(word, c, len(word)+len(c))
		if n < near || e < exact || e == exact && c < best {
			best, near, exact = c, n, e
		}
	}
	return best, near <= maxEdits
}

// fold removes the differences that people do not see as such.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), "-", "_")
}

// edits returns the Damerau-Levenshtein distance of a and b in bytes, with no
// edit inside a swapped pair, or limit+1 where it is more than limit.
func edits(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	var rows [3][2 * maxSuggestLen]int
	if len(b) >= len(rows[0]) {
		return limit + 1 // lower case took more bytes
	}
	before, prev, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			differs := 1
			if a[i-1] == b[j-1] {
				differs = 0
			}
			n := min(prev[j]+1, row[j-1]+1, prev[j-1]+differs)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, before[j-2]+1)
			}
			row[j] = n
			least = min(least, n)
		}
		if least > limit {
			return limit + 1
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(b)], limit+1)
}
