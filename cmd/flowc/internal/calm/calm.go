// Package calm shows text of others on a terminal without giving it the
// terminal: colours pass, everything else that could control it does not.
package calm

import "io"

// Writer lets text through to W, but for control characters other than line
// breaks, tabs and carriage returns, and for escape sequences other than those
// that set colours. A sequence may be cut in two by writes.
type Writer struct {
	W io.Writer

	state state
	seq   []byte // of a sequence that may turn out to be a colour
}

type state uint8

const (
	text    state = iota
	escape        // behind ESC
	csi           // behind ESC [
	str           // inside a string (title, clipboard), up to BEL or ESC \
	strEsc        // behind ESC inside a string
	escRest       // behind ESC and an intermediate byte
	csiRest       // inside a CSI sequence that does not pass
	utf8C1        // behind the first byte of a C1 control in UTF-8
)

// maxColor is the length of the longest colour sequence that passes.
const maxColor = 32

// Write never reports fewer bytes than it was given without an error.
func (w *Writer) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for _, c := range p {
		out = w.byte(out, c)
	}
	if len(out) > 0 {
		if _, err := w.W.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (w *Writer) byte(out []byte, c byte) []byte {
	switch w.state {
	case escape:
		switch {
		case c == '[':
			w.state, w.seq = csi, append(w.seq[:0], 0x1b, '[')
		case c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X':
			w.state = str
		case c >= 0x20 && c < 0x30:
			w.state = escRest
		default:
			w.state = text
			if c < 0x20 {
				return w.byte(out, c)
			}
		}
		return out
	case escRest:
		if c >= 0x20 && c < 0x30 {
			return out
		}
		w.state = text
		if c < 0x20 {
			return w.byte(out, c)
		}
		return out
	case csi, csiRest:
		switch {
		case c < 0x20:
			w.state = text
			return w.byte(out, c)
		case c >= 0x40:
			if c == 'm' && w.state == csi {
				out = append(append(out, w.seq...), c)
			}
			w.state = text
		case c >= '0' && c <= ';' && len(w.seq) < maxColor:
			w.seq = append(w.seq, c)
		default:
			w.state = csiRest
		}
		return out
	case str:
		switch c {
		case 0x07:
			w.state = text
		case 0x1b:
			w.state = strEsc
		}
		return out
	case strEsc:
		w.state = str
		if c == '\\' {
			w.state = text
		}
		return out
	case utf8C1:
		w.state = text
		if c >= 0x80 && c < 0xa0 {
			return out
		}
		return w.byte(append(out, 0xc2), c)
	}
	switch {
	case c == 0x1b:
		w.state = escape
	case c == 0xc2:
		w.state = utf8C1
	case c == '\n', c == '\t', c == '\r', c >= 0x20 && c != 0x7f:
		return append(out, c)
	}
	return out
}
