package yaml

import (
	"bytes"
	"fmt"
	"math/rand"
	"runtime"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/diag"
)

// repeated is s again and again, n bytes in all.
func repeated(s string, n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }

// loadAny loads any bytes and checks what must hold for all.
func loadAny(t *testing.T, text string) diag.List {
	t.Helper()
	var srcs diag.Sources
	flow, list := Frontend{}.Load(&srcs, "flow.yaml", []byte(text))
	if flow == nil && !list.HasErrors() {
		t.Error("no flow and no errors")
	}
	for _, d := range list {
		checkFinding(t, &srcs, d)
	}
	return list
}

// TestRefused covers what is refused before, or while, it is parsed: one
// finding each, at the very byte.
func TestRefused(t *testing.T) {
	const good = "flow: f\nsteps: {a: {run: ls}}\n"
	random := make([]byte, 1<<20)
	rng := rand.New(rand.NewSource(1))
	for i := range random {
		random[i] = byte(rng.Intn(256))
	}
	tests := []struct {
		name, text string
		code       diag.Code
		at         int
	}{
		{"50 MB of junk", string(bytes.Repeat(random, 50)), diag.TooLarge, 0},
		{"50 MB of spaces", repeated(" ", 50<<20), diag.TooLarge, 0},
		{"too large by one", good + repeated("#", MaxSize-len(good)+1), diag.TooLarge, 0},
		{"too many values", good + "tags: [" + repeated("a,", 2*MaxValues+2) + "]\n", diag.TooLarge, 0},
		{"random bytes", "\x89PNG\r\n\x1a\n" + string(random), diag.BadEncoding, 0},
		{"UTF-16", "\xff\xfef\x00l\x00", diag.BadEncoding, 0},
		{"UTF-16, big end first", "\xfe\xff\x00f\x00l", diag.BadEncoding, 0},
		{"UTF-32", "\xff\xfe\x00\x00f\x00\x00\x00", diag.BadEncoding, 0},
		{"NUL", good + "doc: a\x00b\n", diag.BadEncoding, len(good) + 6},
		{"Latin-1", "flow: caf\xe9\n", diag.BadEncoding, 9},
		{"cut UTF-8", "flow: caf\xc3", diag.BadEncoding, 9},
		{"escape", "flow: \x1b[31m\n", diag.BadEncoding, 6},
		{"lone carriage return", "flow: f\rsteps: x\n", diag.BadEncoding, 7},
		{"line separator", "flow: f\u2028\n", diag.BadEncoding, 7},
		{"next line", "flow: f\u0085\n", diag.BadEncoding, 7},
		{"mark in the middle", "flow: f\ufeff\n", diag.BadEncoding, 7},
		{"deep brackets", "flow: " + repeated("[", 1<<17), diag.TooDeep, 6 + MaxDepth},
		{"deep braces", "flow: " + repeated("{a: ", 1<<17), diag.TooDeep, 6 + 4*MaxDepth},
		{"deep dashes", repeated("- ", 1<<17), diag.TooDeep, 2 * MaxDepth},
		{"deep question marks", repeated("? ", 1<<17), diag.TooDeep, 2 * MaxDepth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var srcs diag.Sources
			flow, list := Frontend{}.Load(&srcs, "flow.yaml", []byte(tt.text))
			if flow != nil || len(list) != 1 || list[0].Code != tt.code || int(list[0].Span.Start) != tt.at {
				t.Fatalf("flow %v, findings %+v; want one %s at %d", flow != nil, list, tt.code, tt.at)
			}
			checkFinding(t, &srcs, list[0])
			if kept := len(srcs.File(1).Text); len(tt.text) > MaxSize && kept > shownOfJunk {
				t.Errorf("%d bytes of the refused file are kept", kept)
			}
		})
	}
}

// TestAccepted: what looks odd and is right.
func TestAccepted(t *testing.T) {
	long := repeated("x", 1<<20)
	for name, text := range map[string]string{
		"byte order mark":         "\ufeffflow: f\nsteps: {a: {run: ls}}\n",
		"CRLF":                    "flow: f\r\nsteps:\r\n  a:\r\n    run: |\r\n      ls\r\n      ps\r\n",
		"one line":                "{flow: f, steps: {a: {run: ls}}}",
		"JSON":                    `{"flow": "f", "steps": {"a": {"run": "ls", "max_parallel": 3, "foreach": {"x": "xs"}}}}`,
		"explicit start":          "---\nflow: f\nsteps: {a: {run: ls}}\n...\n",
		"no newline at the end":   "flow: f\nsteps: {a: {run: ls}}",
		"a very long line":        "flow: f\nsteps: {a: {run: " + long + "}}\n",
		"a tab between":           "flow:\tf\nsteps: {a: {run: ls}}\t# c\n",
		"explicit keys":           "? flow\n: f\n? steps\n: {a: {run: ls}}\n",
		"many comments":           "flow: f\n" + repeated("# c\n", 1<<20) + "steps: {a: {run: ls}}\n",
		"emoji, and other planes": "flow: f\ndoc: 😀 𝄞 \U0010fffd\nsteps: {a: {run: ls}}\n",
	} {
		t.Run(name, func(t *testing.T) { load(t, text) })
	}
}

// TestByteOrderMark: places count the mark, columns don't need to.
func TestByteOrderMark(t *testing.T) {
	text := "\ufeffflow: f\nsteps: {a: {rum: ls}}\n"
	list := loadAny(t, text)
	if len(list) != 1 || text[list[0].Span.Start:list[0].Span.End] != "rum" {
		t.Errorf("%+v", list)
	}
	text = "\ufeffflo: f\nsteps: {a: {run: \"x\" y}}\n"
	list = loadAny(t, text)
	if len(list) != 2 || text[list[0].Span.Start:list[0].Span.End] != "flo" || text[list[1].Span.Start:list[1].Span.End] != "y" {
		t.Errorf("%+v", list)
	}
}

// TestJunk feeds large nonsense. Memory stays within a bound: the allocation of
// one load, which includes all that was freed again on the way.
func TestJunk(t *testing.T) {
	const size = 1 << 17
	const most = 1 << 28 // bytes
	var keys strings.Builder
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, "k%d: 1 # c\n# d\n\n", i)
	}
	for name, text := range map[string]string{
		"keys": keys.String(), "the same key": repeated("a: 1\n", size), "items": repeated("- a\n", size),
		"flow list": "[" + repeated("a,", size) + "]", "flow pairs": "[" + repeated("a: b,", size) + "]",
		"anchors": "[" + repeated("&a b,", size) + "]", "aliases": "[" + repeated("*a,", size) + "]",
		"tags": "[" + repeated("!a b,", size) + "]", "quotes": `"` + repeated("a\n", size), "brackets": "[" + repeated("a, # c\n", size),
		"traps":      "steps:\n" + repeated("  a: \"x\" == y\n", size),
		"calls":      "{" + repeated("a: f(b, c), ", size) + "}",
		"open calls": "{" + repeated("a: f(b, ", size) + "}",
		"plain":      repeated("a ", size), "blocks": "a: |\n" + repeated("  b\n", size), "empty lines": repeated("\n", size),
		"non-ASCII line": "[" + repeated("é,", size-1) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			loadAny(t, text)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%d MiB allocated for %d bytes", n>>20, len(text))
			}
		})
	}
}

// manySteps is a flow of n steps in a row, as people write them.
func manySteps(n int) string {
	var b strings.Builder
	b.WriteString("flow: many\nparams: {day: {type: date}}\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  step_%d:\n", i)
		if i == 0 {
			b.WriteString("    inputs: [params.day]\n")
		} else {
			fmt.Fprintf(&b, "    inputs: {rows: step_%d.rows}\n", i-1)
		}
		b.WriteString("    run: ./work.sh \"$rows\" > \"$FLOWC_OUT/rows\"\n    outputs: {rows: file}\n")
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		text := []byte(manySteps(n))
		b.Run(fmt.Sprintf("steps=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var srcs diag.Sources
				if _, list := (Frontend{}).Load(&srcs, "many.yaml", text); len(list) > 0 {
					b.Fatal(list)
				}
			}
		})
	}
}
