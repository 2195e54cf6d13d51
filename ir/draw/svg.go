package draw

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// SVG draws a flow as a picture of its own that any browser shows: from top to
// bottom, blocks as boxes around what is in them. See [Mermaid] for what the
// shapes mean. The same flow gives the same bytes.
func SVG(w io.Writer, f *ir.Flow, opt GraphOptions) error {
	p := newPicture(f, opt)
	root, byID := layoutOf(p)
	d := &svg{byID: byID, ends: map[*place][]end{}}
	d.collect(p.edges)
	fmt.Fprintf(&d.out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="system-ui, sans-serif" font-size="12">
<title>%s</title>
<style>
.edge { fill: none; stroke: #64748b; stroke-width: 1.2; }
.after { stroke-dasharray: 2 3; }
.control { stroke-width: 2; }
.label { fill: #475569; font-size: 10px; text-anchor: middle; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.name { font-weight: 600; }
.text { fill: #0f172a; text-anchor: middle; }
.title { fill: #475569; font-weight: 600; paint-order: stroke; stroke: #f8fafc; stroke-width: 3px; }
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.5 L8,4 L0,7.5 z" fill="#64748b"/></marker></defs>
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, root.w, root.h, root.w, root.h, svgText(f.Name))
	d.boxes(root)
	for _, e := range p.edges {
		d.edge(e)
	}
	d.vertices(root)
	d.titles(root)
	for _, e := range p.edges {
		d.label(e)
	}
	d.out.WriteString("</svg>\n")
	_, err := w.Write(d.out.Bytes())
	return err
}

type svg struct {
	out  bytes.Buffer
	byID map[string]*place
	ends map[*place][]end
	// taken is what labels must not cover.
	taken []area
}

// end is an edge at its upper or lower end.
type end struct {
	edge  *edge
	lower bool    // of the place: the edge begins here
	other float64 // where it goes to or comes from, for the order
}

const columnWidth = 6.9 // of one character of a label, about

func textWidth(line string) float64 { return columnWidth * float64(diag.Width(line)) }

// sizeOf is the size of a vertex.
func sizeOf(e *element) (w, h float64) {
	for _, line := range e.label {
		w = max(w, textWidth(line))
	}
	return max(w+24, 60), float64(len(e.label))*lineRoom + 16
}

// svgText escapes a text.
func svgText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(diag.Printable(s))
}

func (d *svg) boxes(n *place) {
	if n.outer != nil && n.element.shape == shapeBox {
		fill := "#f8fafc"
		if n.depth%2 == 0 {
			fill = "#f1f5f9"
		}
		fmt.Fprintf(&d.out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8" fill="%s" stroke="#cbd5e1"/>`+"\n", n.x-n.w/2, n.y, n.w, n.h, fill)
	}
	for _, c := range n.inside {
		d.boxes(c)
	}
}

// titles stand over the edges that cross them.
func (d *svg) titles(n *place) {
	if n.outer != nil && n.element.shape == shapeBox {
		left, title := n.x-n.w/2+10, strings.Join(n.element.label, " ")
		fmt.Fprintf(&d.out, `<text class="title" x="%.1f" y="%.1f">%s</text>`+"\n", left, n.y+18, svgText(title))
		d.taken = append(d.taken, area{left, n.y + 6, left + textWidth(title), n.y + 21})
	}
	for _, c := range n.inside {
		d.titles(c)
	}
}

// looks are fill and line of the shapes.
var looks = [...][2]string{
	shapeStep:    {"#ffffff", "#2563eb"},
	shapeEach:    {"#ffffff", "#2563eb"},
	shapeHead:    {"#e2e8f0", "#64748b"},
	shapeChoice:  {"#fef3c7", "#d97706"},
	shapeExport:  {"#ecfdf5", "#059669"},
	shapeParam:   {"#f5f3ff", "#7c3aed"},
	shapeNothing: {"none", "none"},
	shapeBox:     {},
}

func (d *svg) vertices(n *place) {
	for _, c := range n.inside {
		d.vertices(c)
	}
	if n.element.shape == shapeBox {
		return
	}
	d.taken = append(d.taken, area{n.x - n.w/2, n.y, n.x + n.w/2, n.y + n.h})
	look := looks[n.element.shape]
	left, top := n.x-n.w/2, n.y
	rect := func(dx, dy, round float64) {
		fmt.Fprintf(&d.out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.0f" fill="%s" stroke="%s"/>`+"\n", left+dx, top+dy, n.w, n.h, round, look[0], look[1])
	}
	switch n.element.shape {
	case shapeEach: // a stack
		rect(4, 4, 6)
		rect(0, 0, 6)
	case shapeHead, shapeChoice:
		const cut = 9.0
		fmt.Fprintf(&d.out, `<polygon points="%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f" fill="%s" stroke="%s"/>`+"\n",
			left, top+n.h/2, left+cut, top, left+n.w-cut, top, left+n.w, top+n.h/2, left+n.w-cut, top+n.h, left+cut, top+n.h, look[0], look[1])
	case shapeExport, shapeParam:
		rect(0, 0, n.h/2)
	case shapeNothing:
	default:
		rect(0, 0, 6)
	}
	for i, line := range n.element.label {
		class := "text"
		if i == 0 && n.element.shape <= shapeEach {
			class = "text name"
		}
		fmt.Fprintf(&d.out, `<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, n.x, top+8+lineRoom*float64(i)+11, svgText(line))
	}
}

// collect notes which edges begin and end at which vertex, from left to right.
func (d *svg) collect(edges []*edge) {
	for _, e := range edges {
		from, to := e.ends(d.byID)
		if from == nil || to == nil {
			continue
		}
		points := d.bends(e)
		first, last := to.x, from.x
		if len(points) > 0 {
			first, last = points[0].x, points[len(points)-1].x
		}
		up := goesUp(from, to)
		d.ends[from] = append(d.ends[from], end{e, !up, first})
		d.ends[to] = append(d.ends[to], end{e, up, last})
	}
	for _, ends := range d.ends {
		slices.SortStableFunc(ends, func(a, b end) int {
			switch {
			case a.other < b.other:
				return -1
			case a.other > b.other:
				return 1
			}
			return 0
		})
	}
}

// at is where an edge meets a vertex: spread over the middle of the side.
func (d *svg) at(n *place, e *edge, lower bool) point {
	k, count := 0, 0
	for _, x := range d.ends[n] {
		if x.lower != lower {
			continue
		}
		if x.edge == e {
			k = count
		}
		count++
	}
	step := min(18, n.w*0.6/math.Max(1, float64(count-1)))
	p := point{n.x + (float64(k)-float64(count-1)/2)*step, n.y}
	if lower {
		p.y += n.h
	}
	return p
}

type point struct{ x, y float64 }

// bends are the places that an edge passes, from its beginning to its end: out
// of boxes, through the one that holds both ends, and into boxes.
func (d *svg) bends(e *edge) []*place {
	from, to := e.ends(d.byID)
	var out, in []*place
	n := from.outer
	for ; n != nil && n.child(to) == nil; n = n.outer {
		out = append(out, n.bends[e]...)
	}
	for m := to.outer; m != nil && m != n; m = m.outer {
		in = append(slices.Clone(m.bends[e]), in...)
	}
	if n != nil {
		out = append(out, n.bends[e]...)
	}
	return append(out, in...)
}

// route is an edge as points; between two of them it is a curve or a straight
// line down.
func (d *svg) route(e *edge) []point {
	from, to := e.ends(d.byID)
	if from == nil || to == nil {
		return nil
	}
	up := goesUp(from, to)
	points := []point{d.at(from, e, !up)}
	for _, b := range d.bends(e) {
		points = append(points, point{b.x, b.y}, point{b.x, b.y + b.h})
	}
	return append(points, d.at(to, e, up))
}

// goesUp reports whether an edge leads back, as that of a loop does.
func goesUp(from, to *place) bool { return to.y+to.h <= from.y }

func (d *svg) edge(e *edge) {
	points := d.route(e)
	if points == nil {
		return
	}
	class := [...]string{edgeData: "edge", edgeAfter: "edge after", edgeControl: "edge control"}[e.kind]
	fmt.Fprintf(&d.out, `<path class="%s" marker-end="url(#arrow)" d="M%.1f,%.1f`, class, points[0].x, points[0].y)
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if math.Abs(a.x-b.x) < 0.5 {
			if i+1 == len(points) || math.Abs(points[i+1].x-b.x) >= 0.5 { // else the line goes on
				fmt.Fprintf(&d.out, " L%.1f,%.1f", b.x, b.y)
			}
			continue
		}
		middle := (a.y + b.y) / 2
		fmt.Fprintf(&d.out, " C%.1f,%.1f %.1f,%.1f %.1f,%.1f", a.x, middle, b.x, middle, b.x, b.y)
	}
	d.out.WriteString("\"/>\n")
}

// area is what a label covers.
type area struct{ left, top, right, bottom float64 }

// over is how much of two areas is the same.
func (a area) over(b area) float64 {
	w, h := min(a.right, b.right)-max(a.left, b.left), min(a.bottom, b.bottom)-max(a.top, b.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

// label stands on its edge, at the first of some spots where it covers no vertex
// and no other label, or where it covers least.
func (d *svg) label(e *edge) {
	points := d.route(e)
	if points == nil || len(e.labels) == 0 {
		return
	}
	const lineHeight = 12.0
	w, h := 0.0, lineHeight*float64(len(e.labels))
	for _, line := range e.labels {
		w = max(w, 0.84*textWidth(line))
	}
	least := math.Inf(1)
	var best area
	for i := len(points) - 1; i > max(0, len(points)-9) && least > 0; i-- {
		for _, t := range []float64{0.5, 0.35, 0.65, 0.2, 0.8} {
			x, y := onCurve(points[i-1], points[i], t)
			spot := area{x - w/2, y - h/2, x + w/2, y + h/2}
			covered := 0.0
			for _, other := range d.taken {
				covered += spot.over(other)
			}
			if covered < least {
				least, best = covered, spot
			}
		}
	}
	d.taken = append(d.taken, best)
	for i, line := range e.labels {
		fmt.Fprintf(&d.out, `<text class="label" x="%.1f" y="%.1f">%s</text>`+"\n", (best.left+best.right)/2, best.top+lineHeight*float64(i)+9, svgText(line))
	}
}

// onCurve is a point of the curve that [svg.edge] draws from a to b.
func onCurve(a, b point, t float64) (x, y float64) {
	middle := (a.y + b.y) / 2
	u := 1 - t
	x = (u*u*u+3*u*u*t)*a.x + (3*u*t*t+t*t*t)*b.x
	y = u*u*u*a.y + 3*u*u*t*middle + 3*u*t*t*middle + t*t*t*b.y
	return x, y
}
