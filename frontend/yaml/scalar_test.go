package yaml

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/diag"
)

// scalarAt parses text and returns the value that stands at path, where each
// part is a key or, for a list, nothing.
func scalarAt(t interface {
	Fatalf(string, ...any)
}, text string, path ...string) (*node, *diag.Sources) {
	var srcs diag.Sources
	var diags diag.List
	id := srcs.Add("test", []byte(text))
	_, n := read([]byte(text), id, &diags)
	if n == nil || len(diags) > 0 {
		t.Fatalf("%q does not parse: %v", text, diags)
	}
	for _, key := range path {
		if key == "" {
			n = n.items[0]
		} else {
			n = n.find(key)
		}
		if n == nil {
			t.Fatalf("%q has no %v", text, path)
		}
	}
	return n, &srcs
}

// expected is a scalar's source with the value it has and where each byte of
// that came from, as offsets into source.
type expected struct {
	source  strings.Builder
	value   strings.Builder
	offsets []int
}

func (e *expected) put(value, source string) {
	for i := range len(value) {
		at := e.source.Len()
		if value == source {
			at += i
		}
		e.offsets = append(e.offsets, at)
	}
	e.value.WriteString(value)
	e.source.WriteString(source)
}

// check compares what was read with what was meant; the scalar stands in text at start.
func (e *expected) check(t *rapid.T, text string, start int, n *node) {
	if n.text.Value != e.value.String() {
		t.Fatalf("%q:\n read %q\nmeant %q", text, n.text.Value, e.value.String())
	}
	for i := range e.offsets {
		got := n.text.Sub(i, i+1).Start
		if want := start + e.offsets[i]; int(got) != want {
			t.Fatalf("%q: byte %d (%q) of %q is placed at %d, want %d", text, i, n.text.Value[i], n.text.Value, got, want)
		}
	}
	if int(n.span.Start) != start {
		t.Fatalf("%q: starts at %d, want %d", text, n.span.Start, start)
	}
	if want := start + e.source.Len(); int(n.span.End) != want {
		t.Fatalf("%q: ends at %d, want %d", text, n.span.End, want)
	}
}

var (
	newline = rapid.SampledFrom([]string{"\n", "\r\n"})
	word    = rapid.StringOfN(rapid.SampledFrom([]rune("abz09_.+<>=()éж語😀")), 1, 6, -1)
	blanks  = rapid.StringOfN(rapid.SampledFrom([]rune(" \t")), 0, 3, -1)
)

// fold puts a line break with n empty lines behind it, as plain and quoted
// scalars have them.
func (e *expected) fold(t *rapid.T, nl, indent string, n int) {
	trailing := blanks.Draw(t, "trailing")
	e.source.WriteString(trailing)
	if n == 0 {
		e.put(" ", nl[len(nl)-1:])
		if len(nl) == 2 { // the break is placed at its newline
			s := e.source.String()
			e.source.Reset()
			e.source.WriteString(s[:len(s)-1] + nl)
			e.offsets[len(e.offsets)-1]++
		}
	} else {
		e.source.WriteString(nl)
		for range n {
			e.source.WriteString(blanks.Draw(t, "empty line"))
			if len(nl) == 2 {
				e.source.WriteByte('\r')
			}
			e.put("\n", "\n")
		}
	}
	e.source.WriteString(indent)
}

func TestPlainScalarPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nl := newline.Draw(t, "nl")
		var e expected
		first := word.Draw(t, "word")
		e.put("w"+first, "w"+first)
		for range rapid.IntRange(0, 6).Draw(t, "words") {
			if rapid.Bool().Draw(t, "break") {
				e.fold(t, nl, "    "+strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "indent")), rapid.IntRange(0, 2).Draw(t, "empty"))
			} else {
				gap := " " + blanks.Draw(t, "gap")
				e.put(gap, gap)
			}
			w := "w" + word.Draw(t, "word")
			e.put(w, w)
		}
		prefix := "é: " + "x" + nl + "a:" + nl + "  b:   "
		text := prefix + e.source.String() + nl + "z: end" + nl
		n, _ := scalarAt(t, text, "a", "b")
		e.check(t, text, len(prefix), n)
	})
}

func TestDoubleQuotedPlaces(t *testing.T) {
	escapes := []struct{ value, source string }{
		{"\x00", `\0`}, {"\a", `\a`}, {"\t", `\t`}, {"\n", `\n`}, {"\x1b", `\e`}, {`"`, `\"`}, {"/", `\/`},
		{`\`, `\\`}, {"\u0085", `\N`}, {"\u00a0", `\_`}, {"\u2028", `\L`}, {"\u2029", `\P`}, {" ", `\ `},
		{"é", `\xe9`}, {"ж", `\u0436`}, {"😀", `\U0001F600`}, {"A", `\x41`}, {"\t", "\\\t"},
	}
	rapid.Check(t, func(t *rapid.T) {
		nl := newline.Draw(t, "nl")
		var e expected
		e.source.WriteByte('"')
		for range rapid.IntRange(0, 8).Draw(t, "parts") {
			switch rapid.IntRange(0, 4).Draw(t, "part") {
			case 0:
				x := rapid.SampledFrom(escapes).Draw(t, "escape")
				e.put(x.value, x.source)
				e.put("w", "w")
			case 1:
				e.fold(t, nl, "    ", rapid.IntRange(0, 2).Draw(t, "empty"))
				e.put("w", "w")
			case 2: // an escaped line break, with empty lines
				gap := blanks.Draw(t, "gap")
				e.put(gap, gap)
				e.source.WriteString(`\` + nl)
				for range rapid.IntRange(0, 2).Draw(t, "empty") {
					e.source.WriteString(strings.TrimSuffix(nl, "\n"))
					e.put("\n", "\n")
				}
				e.source.WriteString("    ")
				e.put("w", "w")
			default:
				w := word.Draw(t, "word") + rapid.SampledFrom([]string{"", "'", " #x", ": ", "{,}"}).Draw(t, "special") + "w"
				e.put(w, w)
			}
		}
		e.source.WriteByte('"')
		for _, prefix := range []string{"a: {b: [", "a:" + nl + "  b:" + nl + "  - "} {
			suffix := map[bool]string{true: "]}" + nl, false: " # c" + nl}[strings.HasSuffix(prefix, "[")]
			text := prefix + e.source.String() + suffix
			n, _ := scalarAt(t, text, "a", "b", "")
			e.check(t, text, len(prefix), n)
		}
	})
}

func TestSingleQuotedPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nl := newline.Draw(t, "nl")
		var e expected
		e.source.WriteByte('\'')
		for range rapid.IntRange(0, 8).Draw(t, "parts") {
			switch rapid.IntRange(0, 3).Draw(t, "part") {
			case 0:
				e.put("'", "''")
			case 1:
				e.fold(t, nl, "    ", rapid.IntRange(0, 2).Draw(t, "empty"))
				e.put("w", "w")
			default:
				w := word.Draw(t, "word") + rapid.SampledFrom([]string{"", `"`, `\`, " #x", ": ", "{,}"}).Draw(t, "special") + "w"
				e.put(w, w)
			}
		}
		e.source.WriteByte('\'')
		prefix := "a:" + nl + "  'b' : "
		text := prefix + e.source.String() + nl + "c: d"
		n, _ := scalarAt(t, text, "a", "b")
		e.check(t, text, len(prefix), n)
	})
}

func TestLiteralBlockPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nl := newline.Draw(t, "nl")
		extra := rapid.IntRange(1, 4).Draw(t, "indent")
		explicit := rapid.Bool().Draw(t, "explicit")
		chomp := rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "chomp")
		var e expected
		e.source.WriteString("|")
		if explicit {
			fmt.Fprint(&e.source, extra)
		}
		e.source.WriteString(chomp + rapid.SampledFrom([]string{"", " # c", "  "}).Draw(t, "comment") + nl)
		indent := "  " + strings.Repeat(" ", extra)
		lineBreak := func(keep bool) {
			if keep {
				e.put("\n", nl[:1]) // placed where the break begins
				e.source.WriteString(nl[1:])
			} else {
				e.source.WriteString(nl)
			}
		}
		n := rapid.IntRange(1, 6).Draw(t, "lines")
		for i := range n {
			lead := ""
			if explicit || i > 0 {
				lead = blanks.Draw(t, "lead")
			}
			line := lead + "w" + word.Draw(t, "word") + rapid.SampledFrom([]string{"", " # no comment", `"`, ": ", "\t"}).Draw(t, "rest")
			e.source.WriteString(indent)
			e.put(line, line)
			if i == n-1 {
				break
			}
			lineBreak(true)
			for range rapid.IntRange(0, 2).Draw(t, "empty") {
				e.source.WriteString(strings.Repeat(" ", rapid.IntRange(0, len(indent)).Draw(t, "spaces")))
				lineBreak(true)
			}
		}
		end := e.source.Len() // the span ends with the last line's content
		lineBreak(chomp != "-")
		for range rapid.IntRange(0, 2).Draw(t, "trailing") {
			lineBreak(chomp == "+")
		}
		body := e.source.String()

		prefix := "é: x" + nl + "a:" + nl + "  b: "
		text := prefix + body + "z: end" + nl
		node, _ := scalarAt(t, text, "a", "b")
		if got := int(node.span.End); got != len(prefix)+end {
			t.Fatalf("%q: ends at %d, want %d", text, got, len(prefix)+end)
		}
		if node.text.Value != e.value.String() {
			t.Fatalf("%q:\n read %q\nmeant %q", text, node.text.Value, e.value.String())
		}
		for i, want := range e.offsets {
			if got := int(node.text.Offsets[i]); got != len(prefix)+want {
				t.Fatalf("%q: byte %d is placed at %d, want %d", text, i, got, len(prefix)+want)
			}
		}
	})
}

// A folded block is checked by what must hold for any scalar.
func TestFoldedBlockPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nl := newline.Draw(t, "nl")
		var b strings.Builder
		b.WriteString(">" + rapid.SampledFrom([]string{"", "-", "+", "2", "2-", "+2"}).Draw(t, "header") + nl)
		for range rapid.IntRange(0, 8).Draw(t, "lines") {
			if rapid.IntRange(0, 2).Draw(t, "empty") > 0 {
				b.WriteString("  " + rapid.SampledFrom([]string{"", "", "", " ", "\t"}).Draw(t, "more"))
				b.WriteString(word.Draw(t, "word") + " " + word.Draw(t, "word"))
			}
			b.WriteString(nl)
		}
		text := "a: " + b.String()
		if _, _, failed := parse([]byte(text)); failed != nil {
			t.Skip("the first line is indented more")
		}
		checkPlaces(t, text, "a")
	})
}

// checkPlaces tests what holds for every scalar: each byte of the value is at
// its place in the source, or stands for an escape, a fold or a doubled quote
// there; places never go back, and lie in the span.
func checkPlaces(t *rapid.T, text string, path ...string) {
	n, _ := scalarAt(t, text, path...)
	last := int32(-1)
	for i := range len(n.text.Value) {
		at := n.text.Sub(i, i+1).Start
		if at < last || at < n.span.Start || int(at) > len(text) {
			t.Fatalf("%q: byte %d of %q is placed at %d", text, i, n.text.Value, at)
		}
		last = at
		if int(at) == len(text) {
			t.Fatalf("%q: byte %d of %q is placed behind the end", text, i, n.text.Value)
		}
		got, want := text[at], n.text.Value[i]
		switch {
		case got == want:
		case want == ' ' && (got == '\n' || got == '\r'):
		case want == '\n' && (got == '\r' || isBlank(got) && int(at) == len(text)-1):
		default:
			t.Fatalf("%q: byte %d (%q) of %q is placed at %d, where %q stands", text, i, want, n.text.Value, at, got)
		}
	}
}

// Whatever stands in a block, we decode what the library decodes: random text
// around the edge cases, indentation, empty lines, the end of the file.
func TestBlocksAreFollowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.SampledFrom([]rune("  \n\n\tab#-:'\"")), 0, 40, -1).Draw(t, "body")
		header := rapid.SampledFrom([]string{"|", ">", "|-", ">-", "|+", ">+", "|1", ">2+"}).Draw(t, "header")
		around := rapid.SampledFrom([]string{"a: ", "a:\n- ", "a:\n  - ", "a:\n  b: ", "- - ", "- a: ", ""}).Draw(t, "around")
		text := around + header + "\n" + body
		root, _, failed := parse([]byte(text))
		if failed != nil || root == nil {
			t.Skip("not YAML")
		}
		var diags diag.List
		tr := newTree([]byte(text), 0, 1, &diags)
		if tr.node(root, -1); tr.lost > 0 {
			t.Fatalf("%q: %d scalars could not be followed", text, tr.lost)
		}
	})
}

func TestSubOfFoldedExpression(t *testing.T) {
	text := "a:\n  when: >-\n    first.x > 1\n    and second.y\n"
	n, _ := scalarAt(t, text, "a", "when")
	i := strings.Index(n.text.Value, "second.y")
	span := n.text.Sub(i, i+len("second.y"))
	if got := text[span.Start:span.End]; got != "second.y" {
		t.Errorf("got %q", got)
	}
}
