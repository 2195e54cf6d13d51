package diag

import "testing"

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"", 0, ""},
		{"abc", 0, ""},
		{"abc", 1, "…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"a\nb\tc", 9, "a b c"},
		{"\x1b[31m", 80, "<U+001B>[31m"},
	} {
		if got := Cut(tc.in, tc.width); got != tc.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tc.in, tc.width, got, tc.want)
		}
		if n := Width(Cut(tc.in, tc.width)); n > tc.width {
			t.Errorf("Cut(%q, %d) is %d columns wide", tc.in, tc.width, n)
		}
	}
}
