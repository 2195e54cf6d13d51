package draw

import (
	"cmp"
	"math"
	"slices"
)

// A layered layout: what reads stands below what it reads from. Every box is
// laid out by itself, the inner ones first, in the four steps that are usual for
// this: ranks (which row), bends (an edge over several rows gets a place in each
// of them), order within a row (so that few edges cross), and places (so that
// edges are straight). An edge that enters or leaves a box does so at a port
// on its upper or lower side, which the layout around it takes as given.

const (
	marginX   = 16.0 // between things in a row
	marginY   = 30.0 // between rows, without labels
	padding   = 14.0 // inside of boxes
	titleRoom = 20.0
	lineRoom  = 14.0 // of one line of a label
	sweeps    = 12
	// maxTies is up to how many parts of edges a box is put in a better order.
	// Nobody can follow so many lines, and it would take minutes.
	maxTies = 20_000
)

// place is an element with its place, or a bend of an edge.
type place struct {
	element *element // nil: a bend
	outer   *place
	inside  []*place
	depth   int

	rank       int
	x, y, w, h float64 // of the middle of its upper side in outer, then in all
	rows       [][]*place
	ports      map[*edge]sides // of a box
	bends      map[*edge][]*place
	edges      []*edge // that have to do with what is inside
}

// sides are where an edge crosses the sides of a box, from its middle.
type sides struct{ top, bottom float64 }

// hop is the part of an edge that lies in one box: between two of the things in
// it, or between one and a side of the box.
type hop struct {
	edge     *edge
	from, to *place // nil: from the upper, to the lower side
}

// tie says that two places in neighbouring rows should stand below each other.
type tie struct {
	other  *place
	here   float64 // where it begins, from the middle
	there  float64
	weight float64
}

// layoutOf places a picture.
func layoutOf(p *picture) (root *place, byID map[string]*place) {
	byID = map[string]*place{}
	var add func(e *element, outer *place) *place
	add = func(e *element, outer *place) *place {
		n := &place{element: e, outer: outer}
		if outer != nil {
			n.depth = outer.depth + 1
		}
		for _, inner := range e.inside {
			n.inside = append(n.inside, add(inner, n))
		}
		if e.id != "" {
			byID[e.id] = n
		}
		return n
	}
	root = add(&element{shape: shapeBox, inside: p.all}, nil)
	for _, e := range p.edges {
		from, to := e.ends(byID)
		if from == nil || to == nil {
			continue
		}
		for n := from.outer; n != nil; n = n.outer {
			n.edges = append(n.edges, e)
		}
		for n := to.outer; n != nil; n = n.outer {
			if k := len(n.edges); k == 0 || n.edges[k-1] != e {
				n.edges = append(n.edges, e)
			}
		}
	}
	root.arrange(byID)
	root.x, root.y = root.w/2, 0
	root.settle()
	return root, byID
}

// ends are the places that e leads from and to.
func (e *edge) ends(byID map[string]*place) (from, to *place) {
	from, to = byID[e.from], byID[e.to]
	if e.fromBox != "" {
		from = byID[e.fromBox]
	}
	if e.toBox != "" {
		to = byID[e.toBox]
	}
	return from, to
}

// child is the thing in n that holds other, or nil.
func (n *place) child(other *place) *place {
	for other != nil && other.depth > n.depth+1 {
		other = other.outer
	}
	if other != nil && other.outer == n {
		return other
	}
	return nil
}

// arrange lays out a box and everything in it, and finds its size.
func (n *place) arrange(byID map[string]*place) {
	if n.element.shape != shapeBox {
		n.w, n.h = sizeOf(n.element)
		return
	}
	for _, c := range n.inside {
		c.arrange(byID)
	}
	var hops []hop
	for _, e := range n.edges {
		from, to := e.ends(byID)
		h := hop{e, n.child(from), n.child(to)}
		if h.from != h.to {
			hops = append(hops, h)
		}
	}
	n.ranks(hops)
	n.bend(hops)
	ties := n.tie(hops)
	n.order(ties)
	n.align(ties)
	n.measure(hops)
}

// ranks puts everything below what it reads from, and what nothing leads to as
// near as possible to what reads it.
func (n *place) ranks(hops []hop) {
	next := map[*place][]*place{}
	into := map[*place]int{}
	for _, h := range hops {
		if h.from != nil && h.to != nil {
			next[h.from] = append(next[h.from], h.to)
			into[h.to]++
		}
	}
	state := map[*place]int{}
	var sorted []*place
	var visit func(c *place)
	visit = func(c *place) {
		state[c] = 1
		for _, d := range next[c] {
			if state[d] == 0 {
				visit(d)
			}
		}
		state[c] = 2
		sorted = append(sorted, c)
	}
	for _, c := range n.inside {
		if state[c] == 0 {
			visit(c)
		}
	}
	slices.Reverse(sorted)
	at := map[*place]int{}
	for i, c := range sorted {
		at[c] = i
	}
	for _, c := range sorted {
		for _, d := range next[c] {
			if at[d] > at[c] {
				d.rank = max(d.rank, c.rank+1)
			}
		}
	}
	for _, c := range slices.Backward(sorted) {
		if into[c] > 0 || len(next[c]) == 0 {
			continue
		}
		nearest := math.MaxInt
		for _, d := range next[c] {
			nearest = min(nearest, d.rank-1)
		}
		c.rank = max(c.rank, nearest)
	}
}

// bend makes the rows, with a place in each row that an edge passes.
func (n *place) bend(hops []hop) {
	last := 0
	for _, c := range n.inside {
		last = max(last, c.rank)
	}
	n.rows = make([][]*place, last+1)
	for _, c := range n.inside {
		n.rows[c.rank] = append(n.rows[c.rank], c)
	}
	n.bends = map[*edge][]*place{}
	for _, h := range hops {
		first, end := 0, last
		if h.from != nil {
			first = h.from.rank + 1
		}
		if h.to != nil {
			end = h.to.rank - 1
		}
		for r := first; r <= end; r++ {
			b := &place{outer: n, rank: r, w: 2}
			n.bends[h.edge] = append(n.bends[h.edge], b)
			n.rows[r] = append(n.rows[r], b)
		}
	}
}

// chain is a hop with its bends.
func (n *place) chain(h hop) []*place {
	var out []*place
	if h.from != nil {
		out = append(out, h.from)
	}
	out = append(out, n.bends[h.edge]...)
	if h.to != nil {
		out = append(out, h.to)
	}
	return out
}

func (n *place) tie(hops []hop) map[*place][]tie {
	ties := map[*place][]tie{}
	for _, h := range hops {
		chain := n.chain(h)
		for i := 1; i < len(chain); i++ {
			a, b := chain[i-1], chain[i]
			weight := 1.0
			if a.element == nil && b.element == nil {
				weight = 8
			} else if a.element == nil || b.element == nil {
				weight = 2
			}
			up, down := a.ports[h.edge].bottom, b.ports[h.edge].top
			ties[a] = append(ties[a], tie{b, up, down, weight})
			ties[b] = append(ties[b], tie{a, down, up, weight})
		}
	}
	return ties
}

// order sorts each row by where its neighbours above, then below, stand, and
// keeps the order with the fewest crossings.
func (n *place) order(ties map[*place][]tie) {
	index := func() {
		for _, row := range n.rows {
			for i, c := range row {
				c.x = float64(i)
			}
		}
	}
	index()
	count := 0
	for _, t := range ties {
		count += len(t)
	}
	if count > maxTies {
		return
	}
	best, fewest := n.copyRows(), n.crossings(ties)
	for s := range sweeps {
		for k := range n.rows {
			r := k
			if s%2 == 1 {
				r = len(n.rows) - 1 - k
			}
			key := map[*place]float64{}
			for _, c := range n.rows[r] {
				sum, count := 0.0, 0.0
				for _, t := range ties[c] {
					if (t.other.rank < r) == (s%2 == 0) {
						sum += t.other.x + t.there/1000
						count++
					}
				}
				key[c] = c.x
				if count > 0 {
					key[c] = sum / count
				}
			}
			slices.SortStableFunc(n.rows[r], func(a, b *place) int { return cmp.Compare(key[a], key[b]) })
			index()
		}
		if x := n.crossings(ties); x < fewest {
			best, fewest = n.copyRows(), x
		}
	}
	n.rows = best
	index()
}

func (n *place) copyRows() [][]*place {
	out := make([][]*place, len(n.rows))
	for i, row := range n.rows {
		out[i] = slices.Clone(row)
	}
	return out
}

// crossings counts the pairs of edges between neighbouring rows that cross.
func (n *place) crossings(ties map[*place][]tie) int {
	count := 0
	for _, row := range n.rows {
		type span struct{ from, to float64 }
		var spans []span
		for _, c := range row {
			for _, t := range ties[c] {
				if t.other.rank > c.rank {
					spans = append(spans, span{c.x + t.here/1e4, t.other.x + t.there/1e4})
				}
			}
		}
		for i, a := range spans {
			for _, b := range spans[:i] {
				if (a.from-b.from)*(a.to-b.to) < 0 {
					count++
				}
			}
		}
	}
	return count
}

// align moves everything to where its neighbours are, row by row, as far as
// the others in the row let it.
func (n *place) align(ties map[*place][]tie) {
	for _, row := range n.rows {
		at := 0.0
		for _, c := range row {
			c.x = at + c.w/2
			at += c.w + marginX
		}
	}
	rounds := 4 * sweeps
	if len(ties) > maxTies {
		rounds = 4
	}
	for s := range rounds {
		for k := range n.rows {
			r := k
			if s%2 == 1 {
				r = len(n.rows) - 1 - k
			}
			row := n.rows[r]
			wish, weight := make([]float64, len(row)), make([]float64, len(row))
			for i, c := range row {
				wish[i], weight[i] = c.x, 0.01
				sum, total := 0.0, 0.0
				for _, t := range ties[c] {
					if s < rounds/2 && (t.other.rank < r) != (s%2 == 0) {
						continue
					}
					sum += (t.other.x + t.there - t.here) * t.weight
					total += t.weight
				}
				if total > 0 {
					wish[i], weight[i] = sum/total, total
				}
			}
			moveTo(row, wish, weight)
		}
	}
}

// moveTo gives a row the places that are nearest to what is wished, by the sum
// of weighted squares, with nothing overlapping and the order kept.
func moveTo(row []*place, wish, weight []float64) {
	type group struct{ sum, weight, count float64 }
	offsets := make([]float64, len(row))
	for i := 1; i < len(row); i++ {
		offsets[i] = offsets[i-1] + (row[i-1].w+row[i].w)/2 + marginX
	}
	var groups []group
	for i := range row {
		groups = append(groups, group{(wish[i] - offsets[i]) * weight[i], weight[i], 1})
		for k := len(groups) - 1; k > 0 && groups[k-1].sum/groups[k-1].weight > groups[k].sum/groups[k].weight; k-- {
			groups[k-1].sum += groups[k].sum
			groups[k-1].weight += groups[k].weight
			groups[k-1].count += groups[k].count
			groups = groups[:k]
		}
	}
	i := 0
	for _, g := range groups {
		for range int(g.count) {
			row[i].x = g.sum/g.weight + offsets[i]
			i++
		}
	}
}

// measure finds the size of a box, moves what is in it to the places from its
// upper middle, and notes its ports.
func (n *place) measure(hops []hop) {
	left, right := math.Inf(1), math.Inf(-1)
	for _, row := range n.rows {
		for _, c := range row {
			left, right = min(left, c.x-c.w/2), max(right, c.x+c.w/2)
		}
	}
	y := padding
	if len(n.element.label) > 0 {
		y += titleRoom
	}
	if n.outer != nil && len(n.rows) > 0 && n.enters(hops) {
		y += marginY / 3
	}
	for r, row := range n.rows {
		high := 0.0
		for _, c := range row {
			high = max(high, c.h)
		}
		lines := 0
		for _, h := range hops {
			if h.from != nil && h.from.rank == r && h.to != nil {
				lines = max(lines, len(h.edge.labels))
			}
		}
		for _, c := range row {
			c.y = y
			if c.element == nil {
				c.h = high
			} else {
				c.y += (high - c.h) / 2
			}
		}
		y += high + marginY + float64(lines)*lineRoom
		if r == len(n.rows)-1 {
			y -= marginY + float64(lines)*lineRoom
		}
	}
	title := 0.0
	for _, line := range n.element.label {
		title = max(title, textWidth(line)+padding)
	}
	n.w, n.h = max(right-left, title)+2*padding, y+padding
	middle := (left + right) / 2
	for _, row := range n.rows {
		for _, c := range row {
			c.x -= middle
		}
	}
	n.ports = map[*edge]sides{}
	for _, h := range hops {
		chain := n.chain(h)
		first, last := chain[0], chain[len(chain)-1]
		p := sides{}
		if h.from == nil {
			p.top = first.x + first.ports[h.edge].top
		}
		if h.to == nil {
			p.bottom = last.x + last.ports[h.edge].bottom
		}
		n.ports[h.edge] = p
	}
}

func (n *place) enters(hops []hop) bool {
	return slices.ContainsFunc(hops, func(h hop) bool { return h.from == nil })
}

// settle turns places within boxes into places in the whole.
func (n *place) settle() {
	for _, row := range n.rows {
		for _, c := range row {
			c.x += n.x
			c.y += n.y
			c.settle()
		}
	}
}
