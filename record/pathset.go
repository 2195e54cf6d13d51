package record

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// PathSet is a set of index paths, kept as ranges of the last index: 10,000
// items of a foreach are one range. The zero value is empty and ready for use.
//
// Its text is a list of ranges with commas between them, in the order of
// [Path.Compare] of their prefixes: "0-41,43-9999", "3.0-7,4.0", and "_" for
// the empty path alone.
type PathSet struct {
	root bool
	at   map[string]*ranges // by the text of the path without its last index
}

// ranges holds the last indices under one prefix: sorted, disjoint, not adjacent.
type ranges struct {
	prefix Path
	spans  []span
}

type span struct{ lo, hi int } // both included

// Add puts p into the set. It is fast where paths come in order.
func (s *PathSet) Add(p Path) {
	if len(p) == 0 {
		s.root = true
		return
	}
	last := p[len(p)-1]
	s.under(p[:len(p)-1]).add(last, last)
}

// AddRange puts prefix.lo to prefix.hi into the set, both included.
func (s *PathSet) AddRange(prefix Path, lo, hi int) {
	if lo >= 0 && lo <= hi {
		s.under(prefix).add(lo, hi)
	}
}

// Union puts all paths of o into the set.
func (s *PathSet) Union(o PathSet) {
	s.root = s.root || o.root
	for _, r := range o.at {
		for _, x := range r.spans {
			s.AddRange(r.prefix, x.lo, x.hi)
		}
	}
}

func (s *PathSet) under(prefix Path) *ranges {
	key := prefix.String()
	r := s.at[key]
	if r == nil {
		if s.at == nil {
			s.at = map[string]*ranges{}
		}
		r = &ranges{prefix: slices.Clone(prefix)}
		s.at[key] = r
	}
	return r
}

func (r *ranges) add(lo, hi int) {
	// [i, j) are the spans that touch or overlap lo..hi.
	i, _ := slices.BinarySearchFunc(r.spans, lo, func(x span, lo int) int { return cmp.Compare(x.hi, lo-1) })
	j := i
	for ; j < len(r.spans) && r.spans[j].lo-1 <= hi; j++ {
		lo, hi = min(lo, r.spans[j].lo), max(hi, r.spans[j].hi)
	}
	if j == i+1 {
		r.spans[i] = span{lo, hi}
		return
	}
	r.spans = slices.Replace(r.spans, i, j, span{lo, hi})
}

// Contains says whether p is in the set.
func (s PathSet) Contains(p Path) bool {
	if len(p) == 0 {
		return s.root
	}
	if len(s.at) == 0 {
		return false
	}
	r := s.at[p[:len(p)-1].String()]
	if r == nil {
		return false
	}
	last := p[len(p)-1]
	i, _ := slices.BinarySearchFunc(r.spans, last, func(x span, n int) int { return cmp.Compare(x.hi, n) })
	return i < len(r.spans) && r.spans[i].lo <= last
}

// Len is the number of paths in the set, or math.MaxInt where that is too small.
func (s PathSet) Len() int {
	n := 0
	if s.root {
		n = 1
	}
	for _, r := range s.at {
		for _, x := range r.spans {
			if x.hi-x.lo >= math.MaxInt-n {
				return math.MaxInt
			}
			n += x.hi - x.lo + 1
		}
	}
	return n
}

// All yields the paths, ordered by prefix, then by last index.
func (s PathSet) All() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if s.root && !yield(Path{}) {
			return
		}
		for _, r := range s.sorted() {
			for _, x := range r.spans {
				for i := x.lo; ; i++ {
					if !yield(r.prefix.Append(i)) {
						return
					}
					if i == x.hi {
						break
					}
				}
			}
		}
	}
}

func (s PathSet) sorted() []*ranges {
	return slices.SortedFunc(maps.Values(s.at), func(a, b *ranges) int { return a.prefix.Compare(b.prefix) })
}

// String is the text that ParsePathSet reads; "" for the empty set.
func (s PathSet) String() string {
	var b strings.Builder
	if s.root {
		b.WriteString(Root)
	}
	for _, r := range s.sorted() {
		for _, x := range r.spans {
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(r.prefix.Append(x.lo).String())
			if x.hi > x.lo {
				b.WriteByte('-')
				b.WriteString(strconv.Itoa(x.hi))
			}
		}
	}
	return b.String()
}

// ParsePathSet reads the text of a PathSet. Ranges may come in any order and overlap.
func ParsePathSet(text string) (PathSet, error) {
	var s PathSet
	if text == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		first, high, isRange := strings.Cut(part, "-")
		p, err := ParsePath(first)
		if err != nil {
			return PathSet{}, fmt.Errorf("malformed set of index paths: %w", err)
		}
		if !isRange {
			s.Add(p)
			continue
		}
		hi, err := strconv.Atoi(high)
		if err != nil || len(p) == 0 || hi < p[len(p)-1] || strconv.Itoa(hi) != high {
			return PathSet{}, fmt.Errorf("malformed set of index paths: %q is no range like 0-41 or 3.0-7", part)
		}
		s.AddRange(p[:len(p)-1], p[len(p)-1], hi)
	}
	return s, nil
}
