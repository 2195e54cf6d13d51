package calm

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\r\n":        "plain\ttext\r\n",
		"ä 日本 ¢ ©":               "ä 日本 ¢ ©",
		"\x1b[31mred\x1b[0m":     "\x1b[31mred\x1b[0m",
		"\x1b[38;2;1;2;3mx":      "\x1b[38;2;1;2;3mx",
		"a\x1b[2Jb":              "ab",
		"a\x1b[?25lb":            "ab",
		"a\x1b]0;title\x07b":     "ab",
		"a\x1b]52;c;aGk=\x1b\\b": "ab",
		"a\x1bcb":                "ab",
		"a\x1b(0b":               "ab",
		"a\x1bPq#0\x1b\\b":       "ab",
		"a\x07\x08\x7f\x00b":     "ab",
		"a\u009b2Jb":             "a2Jb",
		"a\x1b[1;\nb":            "a\nb",
		"a\x1b[" + strings.Repeat("1;", 40) + "mb": "ab",
		"\xff\xfe": "\xff\xfe",
	} {
		var whole, parts bytes.Buffer
		if _, err := (&Writer{W: &whole}).Write([]byte(in)); err != nil {
			t.Fatal(err)
		}
		w := &Writer{W: &parts}
		for i := range len(in) {
			if n, err := w.Write([]byte{in[i]}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if whole.String() != want {
			t.Errorf("%q became %q, want %q", in, whole.String(), want)
		}
		if parts.String() != whole.String() {
			t.Errorf("%q in parts became %q, at once %q", in, parts.String(), whole.String())
		}
	}
}

var colors = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func FuzzWriter(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\x1b]0;x\x07\xc2\x9b"), 3)
	f.Add([]byte("\x1b[1\x1b[2J"), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var out bytes.Buffer
		w := &Writer{W: &out}
		if cut < 0 || cut > len(in) {
			cut = len(in)
		}
		w.Write(in[:cut])
		w.Write(in[cut:])
		rest := colors.ReplaceAll(out.Bytes(), nil)
		for _, c := range rest {
			if c < 0x20 && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
				t.Errorf("%q became %q", in, out.Bytes())
				break
			}
		}
	})
}
