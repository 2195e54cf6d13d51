package yaml

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
)

// formatted formats a text that can be, twice.
func formatted(t testing.TB, text string) string {
	t.Helper()
	out, list, err := Format(&diag.Sources{}, "flow.yaml", []byte(text))
	if err != nil || out == nil {
		t.Fatalf("%v %v\n%s", err, list, text)
	}
	again, _, err := Format(&diag.Sources{}, "flow.yaml", out)
	if err != nil || string(again) != string(out) {
		t.Fatalf("the second time it is not the same: %v\n%s\n%s", err, cmp.Diff(strings.Split(string(out), "\n"), strings.Split(string(again), "\n")), text)
	}
	return string(out)
}

// TestFormat reads testdata/format/*.txtar: a file, and below a double line
// what becomes of it.
func TestFormat(t *testing.T) {
	const divider = "====\n"
	forArchives(t, "testdata/format", func(t *testing.T, _, text string) string {
		source, _, _ := strings.Cut(text, divider)
		return source + divider + formatted(t, source)
	})
}

// TestFormatFlows formats every flow of the project, also in the form that
// editors on Windows give it. They have a regular layout as they are.
func TestFormatFlows(t *testing.T) {
	flows := validFlows(t)
	for _, path := range slices.Sorted(maps.Keys(flows)) {
		text := string(flows[path])
		out := formatted(t, text)
		for i, line := range strings.Split(out, "\n") {
			if strings.TrimRight(line, " ") != line && !strings.Contains(path, "tree") {
				t.Errorf("%s:%d: blanks at the end", path, i+1)
			}
		}
		if got := formatted(t, strings.ReplaceAll(text, "\n", "\r\n")); got != out {
			t.Errorf("%s: with other line ends it becomes\n%s", path, cmp.Diff(strings.Split(out, "\n"), strings.Split(got, "\n")))
		}
		if got := formatted(t, bom+text); got != bom+out {
			t.Errorf("%s: with a byte order mark it becomes\n%s", path, got)
		}
	}
}

// TestFormatRefuses: what is no YAML comes back as findings.
func TestFormatRefuses(t *testing.T) {
	for _, text := range []string{
		"", "# nothing\n", "flow: [", "flow: f\n\tsteps: 1\n", "flow: *x\n", "flow: !x y\n", "flow: f\n---\nflow: g\n", "\xff\xfe", "%YAML 1.2\n---\na: b\n",
		"flow: f\nsteps: {a: {inputs: {n: max(a, b)}}}\n", "when: {{ x }}\n", "? [a]\n: b\n", "{a: b}: c\n",
	} {
		out, list, err := Format(&diag.Sources{}, "flow.yaml", []byte(text))
		if out != nil || err != nil || !list.HasErrors() {
			t.Errorf("%q: %q %v %v", text, out, list, err)
		}
	}
}

// TestFormatWrongFlows: a flow need not be right to be formatted.
func TestFormatWrongFlows(t *testing.T) {
	for text, want := range map[string]string{
		"stpes:   {a: 1}\n":      "stpes: {a: 1}\n",
		"a: 1\na:   2":           "a: 1\na: 2\n",
		"- a\n-   b\n":           "- a\n- b\n",
		"steps:\n    a:\n    b:": "steps:\n  a:\n  b:\n",
		"a: {b, c: , d:  }\n":    "a: {b, c: , d: }\n",
		"x":                      "x\n",
	} {
		if got := formatted(t, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestFormatKeepsTheEndOfScripts: to YAML a script without a line break at the
// end of the file has none, so none is added.
func TestFormatKeepsTheEndOfScripts(t *testing.T) {
	for text, want := range map[string]string{
		"a: |\n    x":     "a: |\n  x",
		"a: |-\n    x":    "a: |-\n  x",
		"a: |\n    x\n\n": "a: |\n  x\n",
		"a: |+\n  x\n\n":  "a: |+\n  x\n\n",
	} {
		if got := formatted(t, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzFormat: whatever is read is formatted to something with the same meaning,
// or refused with reasons, and formatting that changes nothing.
func FuzzFormat(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add([]byte(text))
	}
	for _, text := range []string{
		"a:\n- b\n", "? a\n: b\n", "a: |2-\n   b\n", "[a: b, c]", "{a: [\n1\n]}", "a: 'b\n\n c'", "a: \"b\\\n  c\"", "a: >+\n\n b\n\n\n# c\n", "- - - a\n  - b\n",
		"a:\n  # c\n  b: 1\n   # d\n# e", "---\na: b\n...\n# c", "a: {b\n  : c}\n", "a: [b\n  , c]\n", "\"a\" : {\"b\":1}\n", "a: b\n    c\n\n    d # e\n",
		"?:", "?\nS:", ": : a]", ">+\n ", "?\n a", "?\n :", ": E\n{n}:",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, list, err := Format(&diag.Sources{}, "fuzz.yaml", text)
		switch {
		case err != nil:
			t.Fatalf("%v\n%q", err, text)
		case out == nil && !list.HasErrors():
			t.Fatalf("refused without a reason: %q", text)
		case out == nil:
			return
		}
		again, _, err := Format(&diag.Sources{}, "fuzz.yaml", out)
		if err != nil || string(again) != string(out) {
			t.Fatalf("the second time: %v\n%q becomes\n%q becomes\n%q", err, text, out, again)
		}
	})
}
