package yaml

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/diag"
)

const (
	// MaxSize is the size of the largest file that is read, in bytes.
	MaxSize = 4 << 20
	// MaxValues bounds the number of values in a file. It is compared with the
	// number of characters that begin or separate values, before the file is
	// parsed, so that memory stays bounded too.
	MaxValues = 300_000
	// MaxDepth is how deep lists and mappings may nest.
	MaxDepth = 100

	shownOfJunk = 64 << 10 // bytes of a refused file that are kept for display
)

// register adds the text to srcs, or only its beginning where the file is
// refused for its size or for not being text: the rest is of no use to anyone.
func register(srcs *diag.Sources, file string, text []byte) (diag.FileID, *diag.Diagnostic) {
	bad := checkSource(text)
	shown := text
	if bad != nil && len(text) > MaxSize {
		shown = text[:shownOfJunk]
	}
	id := srcs.Add(file, shown)
	if bad != nil {
		bad.Span.File = id
		bad.Severity = diag.Error
	}
	return id, bad
}

// checkSource finds the first reason why text can't be read at all. Everything
// that passes is UTF-8 whose lines end in "\n" or "\r\n" and which has no
// control characters but tabs: then YAML and we agree on lines and columns.
func checkSource(text []byte) *diag.Diagnostic {
	if len(text) > MaxSize {
		return (&diag.Diagnostic{
			Code:    diag.TooLarge,
			Summary: fmt.Sprintf("the file has %d bytes; a flow has at most %d", len(text), MaxSize),
		}).Advise("keep data in files of its own, or split the flow")
	}
	if name := otherEncoding(text); name != "" {
		return (&diag.Diagnostic{
			Code:    diag.BadEncoding,
			Summary: "the file is encoded as " + name + ", not as UTF-8",
		}).Advise("save it as UTF-8")
	}
	if d := checkCharacters(text); d != nil {
		return d
	}
	if n := countValues(text); n > MaxValues {
		return (&diag.Diagnostic{
			Code:    diag.TooLarge,
			Summary: fmt.Sprintf("the file has more than %d values", MaxValues),
		}).Advise("keep data in files of its own, or split the flow")
	}
	return nil
}

const bom = "\xef\xbb\xbf"

// otherEncoding recognizes UTF-16 and UTF-32 by their byte order marks.
func otherEncoding(text []byte) string {
	for _, e := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
		{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(text, []byte(e.mark)) {
			return e.name
		}
	}
	return ""
}

// checkCharacters finds the first character that a flow file can't hold.
func checkCharacters(text []byte) *diag.Diagnostic {
	bad := func(at, size int, summary, advice string) *diag.Diagnostic {
		return (&diag.Diagnostic{
			Code:    diag.BadEncoding,
			Summary: summary,
			Span:    diag.Span{Start: int32(at), End: int32(at + size)},
		}).Advise(advice)
	}
	for i := len(bomOf(text)); i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i += 2
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case c == 0:
			return bad(i, 1, "a NUL byte: this is not a text file", "check that it is the right file")
		case r == utf8.RuneError && size == 1:
			return bad(i, 1, fmt.Sprintf("byte 0x%02x is not valid UTF-8", c), "save the file as UTF-8")
		case c == '\r':
			return bad(i, 1, "a carriage return that is not followed by a newline",
				"end lines with a newline, or with carriage return and newline")
		case r == 0x85 || r == 0x2028 || r == 0x2029:
			return bad(i, size, fmt.Sprintf("the line separator %U, on which YAML tools disagree", r),
				fmt.Sprintf(`use a newline; inside a text write "\u%04x" in double quotes`, r))
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			return bad(i, size, fmt.Sprintf("the control character %U", r),
				fmt.Sprintf(`remove it; inside a text write "\u%04x" in double quotes`, r))
		}
		i += size
	}
	return nil
}

// bomOf returns the byte order mark that text begins with, or nothing.
func bomOf(text []byte) string {
	if bytes.HasPrefix(text, []byte(bom)) {
		return bom
	}
	return ""
}

// countValues returns a bound on the number of values in text.
func countValues(text []byte) int {
	n := 0
	for i, c := range text {
		switch c {
		case ',', '[', '{':
			n++
		case ':', '-', '?':
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t' || text[i+1] == '\n' || text[i+1] == '\r' {
				n++
			}
		}
	}
	return n
}
