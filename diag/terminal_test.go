package diag

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTerminal(t *testing.T) {
	tests := []struct {
		text, printable string
		width           int
		cut             string // to 4 columns
	}{
		{"", "", 0, ""},
		{"abcd", "abcd", 4, "abcd"},
		{"abcde", "abcde", 5, "abc…"},
		{"語語語", "語語語", 6, "語…"},
		{"a\r\nb\tc", "a b c", 5, "a b…"},
		{"\x1b[31m", "<U+001B>[31m", 12, "<U+…"},
	}
	for _, tt := range tests {
		if got := Printable(tt.text); got != tt.printable {
			t.Errorf("Printable(%q) = %q, want %q", tt.text, got, tt.printable)
		}
		if got := Width(tt.text); got != tt.width {
			t.Errorf("Width(%q) = %d, want %d", tt.text, got, tt.width)
		}
		if got := Cut(tt.text, 4); got != tt.cut {
			t.Errorf("Cut(%q, 4) = %q, want %q", tt.text, got, tt.cut)
		}
	}
	if got := Cut("a", 0); got != "" {
		t.Errorf("Cut to nothing = %q", got)
	}
	if got := Wrap("one two", 4); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("Wrap = %q", got)
	}
}

func TestTerminalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		p := Printable(text)
		if again := Printable(p); again != p {
			t.Fatalf("%q becomes %q when printed again", p, again)
		}
		width := rapid.IntRange(0, 40).Draw(t, "width")
		if got := Width(Cut(text, width)); got > width {
			t.Fatalf("%q is %d columns wide, not %d", Cut(text, width), got, width)
		}
	})
}
