package diag

import "sort"

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

	lines []int32 // byte offset of the start of each line
}

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
	for i, b := range text {
		if b == '\n' {
			src.lines = append(src.lines, int32(i+1))
		}
	}
	s.files = append(s.files, src)
	return FileID(len(s.files))
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
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
	col := 1
	for range string(f.Text[f.lines[line-1]:offset]) {
		col++
	}
	return Pos{Line: line, Column: col}
}
