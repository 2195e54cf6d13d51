package diag

// Text is a piece of text that was decoded from a source (a YAML scalar, say),
// together with the place that each of its bytes came from. Expressions and
// type names inside it can so be reported at the very token.
type Text struct {
	Value string
	Span  Span // the whole, with quotes

	// Offsets[i] is the source offset of Value[i]. It is nil where the value
	// stands in the source byte for byte, beginning at Start.
	Offsets []int32
	// Start is the source offset of Value[0] where Offsets is nil.
	Start int32
}

// Literal returns a text that stands in the source exactly as it is.
func Literal(value string, span Span) Text {
	return Text{Value: value, Span: span, Start: span.Start}
}

// Sub returns the span of Value[i:j]. Indices outside the value are moved to its ends.
func (t Text) Sub(i, j int) Span {
	if !t.Span.Valid() {
		return Span{}
	}
	n := len(t.Value)
	i = max(0, min(i, n))
	j = max(i, min(j, n))
	return Span{t.Span.File, t.at(i), max(t.at(i), t.end(j))}
}

func (t Text) at(i int) int32 {
	switch {
	case t.Offsets == nil:
		return min(t.Start+int32(i), t.Span.End)
	case i < len(t.Offsets):
		return t.Offsets[i]
	}
	return t.Span.End
}

// end is the offset behind byte i-1, so that a range does not swallow
// what the decoder skipped between two bytes (a folded line's indent).
func (t Text) end(i int) int32 {
	if t.Offsets == nil || i == 0 {
		return t.at(i)
	}
	return t.Offsets[i-1] + 1
}
