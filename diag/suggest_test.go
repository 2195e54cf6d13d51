package diag

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSuggest(t *testing.T) {
	keys := []string{"run", "python", "command", "inputs", "outputs", "when", "after", "foreach",
		"max_parallel", "max", "retry", "timeout", "image", "lr", "learning_rate"}
	tests := []struct{ word, want string }{
		{"runs", "run"},
		{"rum", "run"},
		{"pyhton", "python"},
		{"input", "inputs"},
		{"ouputs", "outputs"},
		{"max-parallel", "max_parallel"},
		{"maxParallel", "max_parallel"},
		{"MAX_PARALLEL", "max_parallel"},
		{"Image", "image"},
		{"timout", "timeout"},
		{"forech", "foreach"},
		{"lrs", "lr"},
		{"learning_rat", "learning_rate"},
		{"x", ""},
		{"", ""},
		{"schedule", ""},
		{"r", ""},
		{strings.Repeat("run", 1000), ""},
	}
	for _, tt := range tests {
		got, ok := Suggest(tt.word, keys)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Suggest(%.20q) = %q, %v; want %q", tt.word, got, ok, tt.want)
		}
	}
	if got, ok := Suggest("load", []string{"load"}); ok {
		t.Errorf("the word itself is suggested: %q", got)
	}
	if got, _ := Suggest("Load", []string{"loads", "LOAD", "load"}); got != "load" {
		t.Errorf("got %q, want the one that differs least as written", got)
	}
}

func TestSuggestProperties(t *testing.T) {
	word := rapid.OneOf(
		rapid.StringMatching(`[a-d_]{0,9}`),
		rapid.StringMatching(`[A-Za-z_-]{0,80}`),
		rapid.StringN(0, 40, 100),
		rapid.StringMatching(`[Ⱥİa]{30,67}`), // grow or shrink in lower case
	)
	rapid.Check(t, func(t *rapid.T) {
		w := word.Draw(t, "word")
		candidates := rapid.SliceOfN(word, 0, 8).Draw(t, "candidates")
		got, ok := Suggest(w, candidates)
		if ok != (got != "") || ok && (!slices.Contains(candidates, got) || got == w) {
			t.Fatalf("Suggest(%q, %q) = %q, %v", w, candidates, got, ok)
		}
		shuffled := rapid.Permutation(candidates).Draw(t, "shuffled")
		if again, _ := Suggest(w, shuffled); again != got {
			t.Fatalf("%q in one order, %q in another", got, again)
		}
	})
}

// TestEdits compares the bounded distance with its definition.
func TestEdits(t *testing.T) {
	word := rapid.StringMatching(`[abc]{0,7}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		limit := rapid.IntRange(0, 8).Draw(t, "limit")
		want := min(editsDefined(a, b), limit+1)
		if got := edits(a, b, limit); got != want {
			t.Fatalf("edits(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
		}
	})
}

func editsDefined(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	n := len(a) - 1
	m := len(b) - 1
	differs := 1
	if a[n] == b[m] {
		differs = 0
	}
	d := min(editsDefined(a[:n], b)+1, editsDefined(a, b[:m])+1, editsDefined(a[:n], b[:m])+differs)
	if n > 0 && m > 0 && a[n] == b[m-1] && a[n-1] == b[m] {
		d = min(d, editsDefined(a[:n-1], b[:m-1])+1)
	}
	return d
}

func BenchmarkSuggest(b *testing.B) {
	var names []string
	for i := range 1000 {
		names = append(names, "step_number_"+strings.Repeat("x", i%7)+string(rune('a'+i%26)))
	}
	for b.Loop() {
		Suggest("step_nubmer_xxa", names)
	}
}
