package frontend

// Comment is one comment of a source: text[Start:End], from its mark to the end
// of what it says.
type Comment struct {
	Start, End int32
	// Alone: nothing else stands on its line.
	Alone bool
	// Next is where the next thing that is no comment begins, or the end of the
	// text.
	Next int32
}

// Commenter is what a front end can also do if its form has comments. What
// people say to the compiler about a place, and not to the flow, stands there.
type Commenter interface {
	// Comments returns the comments of text in their order. Of a text that can't
	// be read there are none.
	Comments(text []byte) []Comment
}
