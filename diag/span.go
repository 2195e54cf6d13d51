package diag

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"
)

// FileID names a source within a [Sources]. The zero value is no file.
type FileID int32

// Span is a half-open range of bytes, [Start, End), in one source.
// The zero Span is no place at all.
type Span struct {
	File       FileID
	Start, End int32
}

// Valid reports whether s names a place in a source.
func (s Span) Valid() bool { return s.File != 0 }

// To returns the smallest span that covers both s and t. Where one is no
// place, or they lie in different sources, it returns the other, or s.
func (s Span) To(t Span) Span {
	switch {
	case !s.Valid():
		return t
	case !t.Valid() || t.File != s.File:
		return s
	}
	return Span{s.File, min(s.Start, t.Start), max(s.End, t.End)}
}

// Source is one input file. Name is what people see: the path as the user
// gave it. Base-relative names keep output independent of the folder.
type Source struct {
	Name string
	Text []byte

	lines []int32    // byte offset of the start of each line
	far   []farPoint // in lines too long to be counted through each time
}

// farPoint is a known column deep in a long line.
type farPoint struct {
	offset int32
	column int
}

// farEvery is the distance in bytes of far points.
const farEvery = 4096

// byteOrderMark may begin a file; it belongs to no line's text.
var byteOrderMark = []byte("\ufeff")

// Pos is a place for people: line and column count from 1; the column counts
// characters, not bytes.
type Pos struct {
	Line, Column int
}

// Sources holds the files that spans point into. The zero value is ready to use.
// It is not safe for concurrent changes.
type Sources struct {
	files []*Source
}

// Add registers a file and returns its id. The text must not change afterwards.
func (s *Sources) Add(name string, text []byte) FileID {
	src := &Source{Name: name, Text: text, lines: []int32{0}}
	for start := 0; start < len(text); {
		n := bytes.IndexByte(text[start:], '\n')
		if n < 0 {
			n = len(text) - start
		} else {
			src.lines = append(src.lines, int32(start+n+1))
		}
		if n > farEvery {
			src.addFar(int32(start), int32(start+n))
		}
		start += n + 1
	}
	s.files = append(s.files, src)
	return FileID(len(s.files))
}

// Count is the number of files; their ids run from 1.
func (s *Sources) Count() int {
	if s == nil {
		return 0
	}
	return len(s.files)
}

// File returns the source of that id, or nil.
func (s *Sources) File(id FileID) *Source {
	if s == nil || id < 1 || int(id) > len(s.files) {
		return nil
	}
	return s.files[id-1]
}

// Len returns the number of lines; a final newline ends a line and starts none.
func (f *Source) Len() int {
	n := len(f.lines)
	if n > 1 && int(f.lines[n-1]) == len(f.Text) {
		n--
	}
	return n
}

// Line returns the text of line n, counted from 1, without its line break.
func (f *Source) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	start, end := int(f.lines[n-1]), len(f.Text)
	if n < len(f.lines) {
		end = int(f.lines[n]) - 1
	}
	if end > start && f.Text[end-1] == '\r' {
		end--
	}
	return string(f.Text[start:end])
}

// LineStart returns the byte offset at which line n, counted from 1, starts.
func (f *Source) LineStart(n int) int32 {
	if n < 1 || n > len(f.lines) {
		return int32(len(f.Text))
	}
	return f.lines[n-1]
}

// Pos translates a byte offset. Offsets outside the text are moved to its ends.
func (f *Source) Pos(offset int32) Pos {
	offset = max(0, min(offset, int32(len(f.Text))))
	line := f.lineOf(offset)
	start, _ := f.lineBounds(line) // behind a byte order mark
	from := farPoint{min(start, offset), 1}
	if i := sort.Search(len(f.far), func(i int) bool { return f.far[i].offset > offset }); i > 0 && f.far[i-1].offset > start {
		from = f.far[i-1]
	}
	end := max(from.offset, f.charStart(offset))
	return Pos{Line: line, Column: from.column + utf8.RuneCount(f.Text[from.offset:end])}
}

// lineOf returns the number of the line that offset lies in.
func (f *Source) lineOf(offset int32) int {
	n, found := slices.BinarySearch(f.lines, offset)
	if found {
		n++
	}
	return max(n, 1)
}

// lineBounds returns the bytes of line n, counted from 1, without its line
// break and byte order mark.
func (f *Source) lineBounds(n int) (start, end int32) {
	start = f.LineStart(n)
	end = int32(len(f.Text))
	if n < len(f.lines) {
		end = f.lines[n] - 1
		if end > start && f.Text[end-1] == '\r' {
			end--
		}
	}
	if n == 1 && bytes.HasPrefix(f.Text, byteOrderMark) {
		start = min(end, start+int32(len(byteOrderMark)))
	}
	return start, max(start, end)
}

// charStart returns the offset of the character that offset lies in.
func (f *Source) charStart(offset int32) int32 {
	if int(offset) >= len(f.Text) || utf8.RuneStart(f.Text[offset]) {
		return offset
	}
	for i := offset - 1; i >= 0 && i > offset-utf8.UTFMax; i-- {
		if utf8.RuneStart(f.Text[i]) {
			if _, n := utf8.DecodeRune(f.Text[i:]); int(i)+n > int(offset) {
				return i
			}
			break
		}
	}
	return offset
}

// addFar records far points of the line Text[start:end].
func (f *Source) addFar(start, end int32) {
	if start == 0 && bytes.HasPrefix(f.Text, byteOrderMark) {
		start += int32(len(byteOrderMark))
	}
	at := farPoint{start, 1}
	for end-at.offset > farEvery {
		next := f.charStart(at.offset + farEvery)
		at = farPoint{next, at.column + utf8.RuneCount(f.Text[at.offset:next])}
		f.far = append(f.far, at)
	}
}
