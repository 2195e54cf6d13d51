package types

// Suggest returns the choice that word is most likely a misspelling of, or "":
// at most one edit (insert, delete, replace, swap of neighbours) for each three
// characters, at most three in all. Of equally near choices the first wins.
// Package diag has the compiler's; this one is for messages about values, which
// also arise in a user's container, where diag is not part of the program.
func Suggest(word string, choices []string) string {
	w := []rune(word)
	if len(w) > 64 {
		return ""
	}
	limit := min(3, max(1, len(w)/3))
	best, found := limit+1, ""
	for _, c := range choices {
		if c == word || len(c) > 4*(len(w)+limit) {
			continue
		}
		if d := distance(w, []rune(c), best); d < best && d < max(len(w), len(c)) {
			best, found = d, c
		}
	}
	return found
}

// distance counts edits from a to b, letters of other case being equal;
// it may stop early with any number that is at least limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if fold(a[i-1]) == fold(b[j-1]) {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func fold(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	if r == '-' {
		return '_'
	}
	return r
}
