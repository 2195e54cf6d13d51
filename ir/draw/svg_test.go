package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/ir/check"
)

// graphOf compiles a flow up to its graph.
func graphOf(t interface{ Fatalf(string, ...any) }, text string) *ir.Flow {
	tree, list := yaml.Frontend{}.Load(&diag.Sources{}, "flow.yaml", []byte(text))
	if list.HasErrors() {
		t.Fatalf("%v\n%s", list, text)
	}
	f, list := check.Build(tree)
	if list.HasErrors() {
		t.Fatalf("%v\n%s", list, text)
	}
	return f
}

func TestSVGOfFlows(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/flows/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	for _, path := range append(paths, "../../examples/penguins/flow.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			for _, params := range []bool{false, true} {
				checkSVG(t, graphOf(t, string(text)), GraphOptions{Params: params})
			}
		})
	}
}

func TestSVGOfRandomFlows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSVG(t, graphOf(t, random.Flow(t)), GraphOptions{Params: rapid.Bool().Draw(t, "params")})
	})
}

// checkSVG: the picture is XML and always the same; boxes hold what is in them,
// no two things cover each other, every edge is drawn, within the picture, and
// goes down unless it leads back.
func checkSVG(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, f *ir.Flow, opt GraphOptions) {
	var out, again bytes.Buffer
	if err := errors.Join(SVG(&out, f, opt), SVG(&again, f, opt)); err != nil {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("it differs from one time to the next")
	}
	for dec := xml.NewDecoder(&out); ; {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, again.String())
		}
	}
	p := newPicture(f, opt)
	if drawn := strings.Count(again.String(), "<path class=\"edge"); drawn != len(p.edges) {
		t.Errorf("%d edges, of %d", drawn, len(p.edges))
	}
	root, byID := layoutOf(p)
	checkPlaces(t, root)
	d := &svg{byID: byID, ends: map[*place][]end{}}
	d.collect(p.edges)
	for _, e := range p.edges {
		from, to := e.ends(byID)
		points := d.route(e)
		for i, at := range points {
			if at.x < 0 || at.y < 0 || at.x > root.w || at.y > root.h {
				t.Errorf("the edge from %s to %s leaves the picture", e.from, e.to)
			}
			if i > 0 && at.y < points[i-1].y-0.01 && !goesUp(from, to) {
				t.Errorf("the edge from %s to %s turns back", e.from, e.to)
			}
		}
	}
}

func checkPlaces(t interface{ Errorf(string, ...any) }, n *place) {
	name := func(c *place) string { return fmt.Sprintf("%s %q", c.element.id, c.element.label) }
	const round = 0.01
	for i, c := range n.inside {
		if c.x-c.w/2 < n.x-n.w/2-round || c.x+c.w/2 > n.x+n.w/2+round || c.y < n.y-round || c.y+c.h > n.y+n.h+round {
			t.Errorf("%s stands out of %s", name(c), name(n))
		}
		for _, other := range n.inside[:i] {
			a := area{c.x - c.w/2 + round, c.y + round, c.x + c.w/2 - round, c.y + c.h - round}
			if a.over(area{other.x - other.w/2, other.y, other.x + other.w/2, other.y + other.h}) > 0 {
				t.Errorf("%s covers %s", name(c), name(other))
			}
		}
		checkPlaces(t, c)
	}
}

// TestSVGEscapes: nothing that a flow says ends up as markup.
func TestSVGEscapes(t *testing.T) {
	f := graphOf(t, "flow: f\nparams: {s: string}\nsteps:\n  x: {when: 'params.s == \"<script>&\"', run: ls}\n")
	var out bytes.Buffer
	if err := SVG(&out, f, GraphOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<script") || !strings.Contains(out.String(), "&lt;script&gt;&amp;") {
		t.Error(out.String())
	}
}

func BenchmarkSVG(b *testing.B) {
	var text strings.Builder
	text.WriteString("flow: long\nsteps:\n  s0: {run: ls, outputs: {x: int}}\n")
	for i := 1; i < 300; i++ {
		fmt.Fprintf(&text, "  s%d: {inputs: {a: s%d.x, b: s%d.x}, run: ls, outputs: {x: int}}\n", i, i-1, i/2)
	}
	f := graphOf(b, text.String())
	for b.Loop() {
		if err := SVG(io.Discard, f, GraphOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
