package diag

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// drawText draws sources with everything that makes positions hard.
func drawText(t *rapid.T) string {
	pieces := rapid.SliceOf(rapid.SampledFrom([]string{
		"a", "word ", "\n", "\r\n", "\r", "\t", "é", "e\u0301", "語", "👩\u200d👧", "🇩🇪", "\xff", "\xe8\xaa", "\x80\x80\x80\x80",
		"\ufeff", "\x1b[31m", "\u202e", strings.Repeat("long", 1200), strings.Repeat("\x80", 5000), strings.Repeat("語", 1500),
	})).Draw(t, "pieces")
	return strings.Join(pieces, "")
}

func TestPosProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		var srcs Sources
		f := srcs.File(srcs.Add("x", []byte(text)))

		if want := max(1, strings.Count(text, "\n")+1); len(f.lines) != want {
			t.Fatalf("%d lines, want %d", len(f.lines), want)
		}
		for _, at := range []int{rapid.IntRange(-3, len(text)+3).Draw(t, "a"), rapid.IntRange(0, len(text)).Draw(t, "b")} {
			p := f.Pos(int32(at))
			at = max(0, min(at, len(text)))
			if want := posDefined(text, at); p != want {
				t.Fatalf("Pos(%d) = %v, want %v", at, p, want)
			}
			if start := f.LineStart(p.Line); int(start) > at {
				t.Fatalf("line %d starts at %d, behind %d", p.Line, start, at)
			}
		}
		var whole strings.Builder
		for n := 1; n <= f.Len(); n++ {
			line := f.Line(n)
			if strings.Contains(line, "\n") {
				t.Fatalf("line %d holds a line break: %q", n, line)
			}
			whole.WriteString(line)
		}
		dropped := strings.NewReplacer("\n", "", "\r", "")
		if dropped.Replace(whole.String()) != dropped.Replace(text) {
			t.Fatalf("lines lose text: %q of %q", whole.String(), text)
		}
	})
}

// posDefined counts from the beginning of the line.
func posDefined(text string, at int) Pos {
	line := strings.Count(text[:at], "\n") + 1
	start := strings.LastIndexByte(text[:at], '\n') + 1
	if start == 0 && strings.HasPrefix(text, "\ufeff") {
		start = 3
	}
	col := 1
	for i := start; i < at; {
		_, n := utf8.DecodeRuneInString(text[i:])
		if i += n; i <= at {
			col++
		}
	}
	return Pos{line, col}
}

func TestPosIsMonotonic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		var srcs Sources
		f := srcs.File(srcs.Add("x", []byte(text)))
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		last := f.Pos(int32(at))
		for i := at + 1; i <= min(at+50, len(text)); i++ {
			p := f.Pos(int32(i))
			if p.Line < last.Line || p.Line == last.Line && p.Column < last.Column {
				t.Fatalf("%v at %d, then %v", last, i-1, p)
			}
			last = p
		}
	})
}

func TestSourceEdges(t *testing.T) {
	var none *Sources
	if none.File(1) != nil {
		t.Error("no sources have a file")
	}
	var srcs Sources
	if srcs.File(0) != nil || srcs.File(-1) != nil || srcs.File(1) != nil {
		t.Error("an id that was never given has a file")
	}
	empty := srcs.File(srcs.Add("empty", nil))
	if empty.Len() != 1 || empty.Line(1) != "" || empty.Line(0) != "" || empty.Line(2) != "" || empty.Pos(7) != (Pos{1, 1}) {
		t.Errorf("empty file: %d lines, Pos(7) = %v", empty.Len(), empty.Pos(7))
	}
	f := srcs.File(srcs.Add("crlf", []byte("a\r\nb\n")))
	if f.Len() != 2 || f.Line(1) != "a" || f.Line(2) != "b" || f.LineStart(3) != 5 || f.LineStart(9) != 5 {
		t.Errorf("crlf: %d lines, %q, %q", f.Len(), f.Line(1), f.Line(2))
	}
	bom := srcs.File(srcs.Add("bom", []byte("\ufeffab")))
	for offset, column := range map[int32]int{0: 1, 2: 1, 3: 1, 4: 2, 5: 3} {
		if got := bom.Pos(offset); got != (Pos{1, column}) {
			t.Errorf("behind a byte order mark, Pos(%d) = %v, want column %d", offset, got, column)
		}
	}
	if got := new(Source).Pos(3); got != (Pos{1, 1}) {
		t.Errorf("a source that was not added: %v", got)
	}
}

func TestSpanTo(t *testing.T) {
	tests := []struct{ s, t, want Span }{
		{Span{1, 2, 4}, Span{1, 8, 9}, Span{1, 2, 9}},
		{Span{1, 8, 9}, Span{1, 2, 4}, Span{1, 2, 9}},
		{Span{1, 2, 4}, Span{}, Span{1, 2, 4}},
		{Span{}, Span{1, 2, 4}, Span{1, 2, 4}},
		{Span{1, 2, 4}, Span{2, 8, 9}, Span{1, 2, 4}},
		{Span{}, Span{}, Span{}},
	}
	for _, tt := range tests {
		if got := tt.s.To(tt.t); got != tt.want {
			t.Errorf("%v.To(%v) = %v, want %v", tt.s, tt.t, got, tt.want)
		}
	}
}

func TestTextSub(t *testing.T) {
	// "a\tb" was written as 'a\tb' at 10, each escape two bytes long.
	escaped := Text{Value: "a\tb", Span: Span{1, 10, 16}, Offsets: []int32{11, 12, 14}}
	tests := []struct {
		text Text
		i, j int
		want Span
	}{
		{Literal("abc", Span{1, 5, 8}), 1, 2, Span{1, 6, 7}},
		{Literal("abc", Span{1, 5, 8}), 0, 3, Span{1, 5, 8}},
		{Literal("abc", Span{1, 5, 8}), 3, 3, Span{1, 8, 8}},
		{Literal("abc", Span{1, 5, 8}), -4, 99, Span{1, 5, 8}},
		{Literal("abc", Span{}), 0, 1, Span{}},
		{escaped, 0, 1, Span{1, 11, 12}},
		{escaped, 2, 3, Span{1, 14, 15}},
		{escaped, 0, 3, Span{1, 11, 15}},
		{escaped, 3, 3, Span{1, 16, 16}},
	}
	for _, tt := range tests {
		if got := tt.text.Sub(tt.i, tt.j); got != tt.want {
			t.Errorf("%q.Sub(%d, %d) = %v, want %v", tt.text.Value, tt.i, tt.j, got, tt.want)
		}
	}
}

func TestTextSubProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(0, 20, -1).Draw(t, "value")
		start := rapid.Int32Range(0, 1000).Draw(t, "start")
		text := Text{Value: value, Start: start + 1}
		at := start + 1
		if rapid.Bool().Draw(t, "decoded") {
			text.Offsets = []int32{}
			for range len(value) {
				text.Offsets = append(text.Offsets, at)
				at += rapid.Int32Range(1, 6).Draw(t, "step")
			}
		} else {
			at += int32(len(value))
		}
		text.Span = Span{1, start, at + 1}
		i := rapid.IntRange(-2, len(value)+2).Draw(t, "i")
		j := rapid.IntRange(-2, len(value)+2).Draw(t, "j")
		got := text.Sub(i, j)
		if got.File != 1 || got.Start < text.Span.Start || got.End > text.Span.End || got.Start > got.End {
			t.Fatalf("%q in %v: Sub(%d, %d) = %v", value, text.Span, i, j, got)
		}
		if 0 <= i && i < j && j <= len(value) && got.Start == got.End {
			t.Fatalf("%q: Sub(%d, %d) = %v is empty", value, i, j, got)
		}
	})
}

// TestFrameProperties renders findings with random spans in hostile texts.
func TestFrameProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var srcs Sources
		text := drawText(t)
		id := srcs.Add("flow.yaml", []byte(text))
		span := func(name string) Span {
			at := rapid.Int32Range(-2, int32(len(text))+2)
			return Span{id, at.Draw(t, name), at.Draw(t, name)}
		}
		d := Diagnostic{Severity: Error, Code: UnknownKey, Summary: "x", Span: span("at")}
		for range rapid.IntRange(0, 4).Draw(t, "related") {
			d.See(span("other"), rapid.SampledFrom([]string{"", "here", "語", strings.Repeat("a long label ", 9)}).Draw(t, "label"))
		}
		d.Replace(span("fix"), rapid.SampledFrom([]string{"", "x", "\n", "a\nb\n", "\x1b"}).Draw(t, "replace"), "do this")
		checkText(t, List{d}, &srcs, rapid.IntRange(40, 120).Draw(t, "width"))
	})
}
