package diag

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// checkText renders list and reports whatever could harm a terminal or a
// reader: characters that are not printable, lines wider than asked for.
func checkText(t interface {
	Helper()
	Fatalf(string, ...any)
}, list List, srcs *Sources, width int) string {
	t.Helper()
	var out, colored bytes.Buffer
	if err := WriteText(&out, list, srcs, TextOptions{Width: width}); err != nil {
		t.Fatalf("%v", err)
	}
	if err := WriteText(&colored, list, srcs, TextOptions{Width: width, Color: true}); err != nil {
		t.Fatalf("%v", err)
	}
	text := out.String()
	if got := uncolored(colored.String()); got != text {
		t.Fatalf("colour changes the text:\n%q\n%q", got, text)
	}
	if !utf8.ValidString(text) {
		t.Fatalf("not UTF-8: %q", text)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for _, r := range line {
			if !unicode.IsPrint(r) && !joins(r) {
				t.Fatalf("%U is sent to the terminal in %q", r, line)
			}
		}
		// A name, a summary and a single word may be long; a frame may not.
		if bar := strings.IndexByte(line, '|'); bar >= 0 && strings.Trim(line[:bar], " 0123456789") == "" {
			if w := widthOf(cellsOf(line)); w > max(width, 40) {
				t.Fatalf("%d columns, not %d: %q", w, width, line)
			}
		}
	}
	return text
}

func uncolored(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}

func FuzzWrite(f *testing.F) {
	add := func(text, message, replace string, a, b, c, d, e, g int32, width int) {
		f.Add([]byte(text), message, replace, a, b, c, d, e, g, width)
	}
	add("flow: x\nsteps:\n  a: {run: b}\n", "unknown", "c", 6, 7, 8, 13, 20, 23, 80)
	add("", "", "", 0, 0, 0, 0, 0, 0, 0)
	add("\ufeffa: 1\r\n\tb: \x1b[2J\x00\r\n", "a\x1bb\nc", "x\ny\n", 0, 3, 3, 4, 5, 5, 40)
	add("名: 語\u0301\u200d👩\u200d👧\ufe0f🇩🇪🇩\n", "é", "", 1, 4, 5, 20, 2, 40, 41)
	add(strings.Repeat("a\n", 30), "m", "\n", 0, 40, 10, 11, 59, 60, 60)
	add(strings.Repeat("long ", 3000)+"\n"+strings.Repeat("\xff", 5000), strings.Repeat("word ", 60), "z", 7000, 7004, 16000, 16001, 9000, 9000, 120)
	add("a\n\n\n  \n", "x", "y", -5, 99, 3, 1, 2, 1, -1)
	add("", "\x1b\x83\xe7\xb8\x12\x97", "", 0, 2, 0, 0, -72, 0, 0) // a label of one word, wider than the frame
	f.Fuzz(func(t *testing.T, text []byte, message, replace string, a, b, c, d, e, g int32, width int) {
		width = min(max(width, 40), 300)
		srcs := &Sources{}
		id := srcs.Add("dir/"+message, text)
		other := srcs.Add("other.yaml", []byte("x: 1\ny: 2\n"))
		list := List{
			{Severity: Error, Code: "a", Summary: message, Detail: message, Span: Span{id, a, b},
				Related: []Related{{Span{id, c, d}, message}, {Span{other, e, g}, "there"}, {Span{id, e, g}, message}},
				Fix:     &Fix{message, Span{id, e, g}, replace}},
			{Severity: Warning, Code: "b", Summary: "s", Span: Span{id, c, d}, Fix: &Fix{message, Span{id, a, b}, replace}},
			{Severity: Note, Summary: message, Span: Span{9, a, b}, Related: []Related{{Span{9, a, b}, message}, {Span{id, a, b}, ""}}},
			{Summary: "no severity", Span: Span{other, a, b}, Fix: &Fix{Message: message}},
		}
		out := checkText(t, list, srcs, width)
		if limit := 64 * (len(message) + len(replace) + 40*maxWindow); len(out) > limit {
			t.Fatalf("%d bytes of text", len(out))
		}

		var buf bytes.Buffer
		if err := WriteJSON(&buf, list, srcs); err != nil {
			t.Fatal(err)
		}
		var report struct {
			Diagnostics []struct {
				File       string
				Start, End *struct{ Line, Column, Offset int }
			}
		}
		if err := json.Unmarshal(buf.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		for _, d := range report.Diagnostics {
			if (d.Start == nil) != (d.End == nil) {
				t.Fatalf("half a place: %+v", d)
			}
			if d.Start != nil && (d.Start.Offset > d.End.Offset || d.Start.Line > d.End.Line ||
				d.Start.Line == d.End.Line && d.Start.Column > d.End.Column) {
				t.Fatalf("a place that ends before it starts: %+v %+v", d.Start, d.End)
			}
		}
	})
}

// One finding in a line of many megabytes must cost as little as in a short one.
func BenchmarkWriteTextLongLine(b *testing.B) {
	srcs := &Sources{}
	text := bytes.Repeat([]byte("word "), 10<<20)
	id := srcs.Add("long.yaml", text)
	list := List{{Severity: Error, Code: "x", Summary: "y", Span: Span{id, 30 << 20, 30<<20 + 4},
		Fix: &Fix{"z", Span{id, 30 << 20, 30<<20 + 4}, "w"}}}
	for b.Loop() {
		if err := WriteText(io.Discard, list, srcs, TextOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteText(b *testing.B) {
	srcs := &Sources{}
	text := strings.Repeat("  step: {run: x, inputs: [a.b]}\n", 1000)
	id := srcs.Add("flow.yaml", []byte(text))
	var list List
	for i := range int32(1000) {
		list.Error(UnknownKey, Span{id, i*32 + 2, i*32 + 6}, "unknown").See(Span{id, i * 30, i*30 + 3}, "here")
	}
	for b.Loop() {
		if err := WriteText(io.Discard, list, srcs, TextOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
