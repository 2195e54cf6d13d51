package yaml

import (
	"bytes"
	"slices"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend"
)

var _ frontend.Commenter = Frontend{}

// Comments implements [frontend.Commenter].
func (Frontend) Comments(text []byte) []frontend.Comment {
	src, _ := parts(&diag.Sources{}, "", text)
	if src == nil {
		return nil
	}
	base := int32(src.tree.base)
	out := []frontend.Comment{}
	next := len(src.tree.text)
	for i := len(src.tokens) - 1; i >= 0; i-- {
		tok := src.tokens[i]
		if tok.kind != commentToken {
			next = tok.start
			continue
		}
		start, _ := src.tree.line(tok.start)
		alone := len(bytes.TrimSpace(src.tree.text[start:tok.start])) == 0
		out = append(out, frontend.Comment{Start: base + int32(tok.start), End: base + int32(tok.end), Alone: alone, Next: base + int32(next)})
	}
	slices.Reverse(out)
	return out
}
