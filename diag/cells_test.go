package diag

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestCells(t *testing.T) {
	tests := []struct {
		text, want string // cells parted by |
		width      int
	}{
		{"abc", "a|b|c", 3},
		{"", "", 0},
		{"a\tb", "a|   |b", 5},
		{"語x", "語|x", 3},
		{"e\u0301x", "e\u0301|x", 2},
		{"\u0301x", "<U+0301>|x", 9},
		{" \u0301", " |<U+0301>", 9},
		{"👩\u200d👩\u200d👧!", "👩\u200d👩\u200d👧|!", 3},
		{"👍🏽", "👍🏽", 2},
		{"🇩🇪🇫🇷", "🇩🇪|🇫🇷", 4},
		{"🇩x", "🇩|x", 3},
		{"☺\ufe0fx", "☺\ufe0f|x", 3},
		{"각", "각", 2}, // leading consonant, vowel, final
		{"\x00\x1b\x7f", "<U+0000>|<U+001B>|<U+007F>", 24},
		{"\u0085\u00a0\u202e\u2028", "<U+0085>|<U+00A0>|<U+202E>|<U+2028>", 32},
		{"\xffa\xe8\xaa", "<0xFF>|a|<0xE8>|<0xAA>", 19},
		{"\ufffd", "\ufffd", 1},
		{"\u200b", "<U+200B>", 8},
	}
	for _, tt := range tests {
		var texts []string
		at := 0
		cells := cellsOf(tt.text)
		for _, c := range cells {
			if c.from != at {
				t.Errorf("%q: cell %q starts at %d, not %d", tt.text, c.text, c.from, at)
			}
			at = c.to
			texts = append(texts, c.text)
		}
		if got := strings.Join(texts, "|"); got != tt.want || widthOf(cells) != tt.width || at != len(tt.text) {
			t.Errorf("%q: %q of %d columns, want %q of %d", tt.text, got, widthOf(cells), tt.want, tt.width)
		}
	}
}

// TestWide compares the table of widths with what the scripts' own tables say.
func TestWide(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.IsPrint(r) || joins(r) {
			continue
		}
		if unicode.Is(unicode.Han, r) && r < 0x1d000 && !unicode.Is(wide, r) {
			t.Errorf("%U %c is Han and narrow", r, r)
		}
		if unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Devanagari) &&
			r < 0xff00 && unicode.Is(wide, r) {
			t.Errorf("%U %c is wide", r, r)
		}
	}
	for _, r := range "語ひカ한！（😀🚀🫠" {
		if runeWidth(r) != 2 {
			t.Errorf("%U %c is narrow", r, r)
		}
	}
	for _, r := range "éßΩя…→ｶ☺" {
		if runeWidth(r) != 1 {
			t.Errorf("%U %c is wide", r, r)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		line  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"   ", 10, []string{""}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one  two", 80, []string{"one two"}},
		{"  one two three", 8, []string{"  one", "  two", "  three"}},
		{"- one two three", 9, []string{"- one two", "  three"}},
		{"averylongword x", 5, []string{"averylongword", "x"}},
		{"語語 語語", 5, []string{"語語", "語語"}},
		{"a\x1b b", 20, []string{"a<U+001B> b"}},
	}
	for _, tt := range tests {
		if got := wrap(tt.line, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.line, tt.width, got, tt.want)
		}
	}
}
