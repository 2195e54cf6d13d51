package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Path is a task's index path: one number for each foreach and loop around it,
// outermost first. The empty path is the flow's own level.
type Path []int

// Root is the text of the empty path.
const Root = "_"

// String is "3.0", and "_" for the empty path.
func (p Path) String() string {
	if len(p) == 0 {
		return Root
	}
	var b strings.Builder
	for i, n := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// Append returns p with one more index; p itself is not changed.
func (p Path) Append(i int) Path { return append(slices.Clip(slices.Clone(p)), i) }

// Prefix returns the first n indices.
func (p Path) Prefix(n int) Path { return p[:n:n] }

// MaxDepth is the deepest nesting of foreach and loop that a flow may have.
const MaxDepth = 8

// ParsePath reads the form that String prints, and no other.
func ParsePath(s string) (Path, error) {
	if s == Root {
		return Path{}, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) > MaxDepth {
		return nil, fmt.Errorf("index path %q is deeper than %d", s, MaxDepth)
	}
	p := make(Path, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || strconv.Itoa(n) != part {
			return nil, fmt.Errorf("malformed index path %q: want numbers with dots between them, like 3.0, or _", s)
		}
		p[i] = n
	}
	return p, nil
}

// Compare orders paths by their numbers; a prefix comes first.
func (p Path) Compare(q Path) int { return slices.Compare(p, q) }
