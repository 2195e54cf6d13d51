package draw

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/ir"
)

// TestPictures checks what Mermaid and Graphviz take as given: ids are unique,
// and every edge has two ends, in the box that it is about.
func TestPictures(t *testing.T) {
	for name, build := range flows {
		t.Run(name, func(t *testing.T) {
			p := newPicture(build(t), GraphOptions{Params: true})
			within := map[string][]string{} // vertex or box -> boxes around it
			var walk func(es []*element, around []string)
			walk = func(es []*element, around []string) {
				for _, e := range es {
					if _, ok := within[e.id]; ok {
						t.Errorf("two elements are %s", e.id)
					}
					if len(e.label) == 0 {
						t.Errorf("%s has no label", e.id)
					}
					within[e.id] = around
					if (e.shape == shapeBox) != (len(e.inside) > 0) {
						t.Errorf("%s is an empty box, or no box and has elements", e.id)
					}
					walk(e.inside, append(around[:len(around):len(around)], e.id))
				}
			}
			walk(p.all, nil)
			seen := map[[3]string]bool{}
			for _, e := range p.edges {
				for _, end := range [][2]string{{e.from, e.fromBox}, {e.to, e.toBox}} {
					around, ok := within[end[0]]
					if !ok || p.boxes[end[0]] != nil {
						t.Errorf("an edge ends at %s, which is no vertex", end[0])
					}
					if end[1] != "" && !strings.Contains(strings.Join(around, " ")+" ", end[1]+" ") {
						t.Errorf("an edge is about %s and ends at %s, outside", end[1], end[0])
					}
				}
				key := [3]string{e.from, e.to, string(rune('0' + e.kind))}
				if seen[key] {
					t.Errorf("two edges lead from %s to %s", e.from, e.to)
				}
				seen[key] = true
			}
		})
	}
}

// No text of an author may end the quotes it stands in, or mean something to
// what reads the label.
func TestQuoting(t *testing.T) {
	mermaid := regexp.MustCompile(`^"([^"<>&#;{}|\\%*$` + "`" + `~\n]|#[0-9]+;|<br/>)*"$`)
	dot := regexp.MustCompile(`^"([^"\\\n]|\\["\\n])*"$`)
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.OneOf(
			rapid.String(),
			rapid.StringMatching("[\"<>&#;{}|%*$`~\\\\a1. \n-]{0,12}"),
			rapid.Just("%%{init: {\"theme\": \"x\"}}%%"),
			rapid.Just("\"] --> x"),
		), 1, 3).Draw(t, "lines")
		if got := mermaidText(lines...); !mermaid.MatchString(got) {
			t.Fatalf("Mermaid reads %s", got)
		}
		if got := dotText(`\n`, lines...); !dot.MatchString(got) {
			t.Fatalf("Graphviz reads %s", got)
		}
	})
}

func TestMermaidText(t *testing.T) {
	tests := []struct{ text, want string }{
		{"load", `"load"`},
		{"score > 0.8", `"score #62; 0.8"`},
		{"0.8 and 1.", `"0.8 and 1."`},
		{"1. item", `"1#46;#32;item"`},
		{"12) item", `"12#41;#32;item"`},
		{"- item", `"#45;#32;item"`},
		{"-1", `"-1"`},
		{"---", `"#45;#45;#45;"`},
		{"データ", `"データ"`},
	}
	for _, tt := range tests {
		if got := mermaidText(tt.text); got != tt.want {
			t.Errorf("%q is %s, want %s", tt.text, got, tt.want)
		}
	}
}

// Drawing is a function of the flow: nothing depends on the order of maps.
func TestDeterministic(t *testing.T) {
	for name, build := range flows {
		var first []byte
		for range 20 {
			f := build(t)
			var out bytes.Buffer
			for _, err := range []error{
				Text(&out, f, TextOptions{}),
				Mermaid(&out, f, GraphOptions{Params: true}),
				DOT(&out, f, GraphOptions{Params: true}),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if first == nil {
				first = out.Bytes()
			} else if !bytes.Equal(first, out.Bytes()) {
				t.Fatalf("%s is drawn in two ways", name)
			}
		}
	}
}

// A graph that lacks what a reference names is drawn as far as it goes.
func TestBrokenReferences(t *testing.T) {
	s := step("a", "x", in("x"))
	s.Inputs[0].Value.Refs = []ir.Ref{
		{From: ir.FromPort{Node: 7}}, {From: ir.FromPort{Node: 1, Port: 3}}, {From: ir.FromBind{Block: 9}},
		{From: ir.FromBind{}}, {From: ir.FromParam(2)},
	}
	s.After = []ir.NodeID{8}
	f := finish(t, &ir.Flow{Name: "f", Body: &ir.Block{Nodes: []ir.Node{s}}}, nil)
	if p := newPicture(f, GraphOptions{Params: true}); len(p.edges) > 0 {
		t.Errorf("edges to nowhere: %+v", p.edges)
	}
}

func BenchmarkDraw(b *testing.B) {
	f := &ir.Flow{Name: "f", Body: &ir.Block{}}
	for i := range 1000 {
		s := step("s", "x", nil, port("o", file))
		s.ID = ir.NodeID(i + 1)
		if i > 0 {
			s.Inputs = []ir.Input{{Name: "i", Value: &ir.Expr{Text: "s.o", Refs: []ir.Ref{{From: ir.FromPort{Node: s.ID - 1}, Text: "s.o"}}}}}
		}
		f.Body.Nodes = append(f.Body.Nodes, s)
		f.Body.Preds = append(f.Body.Preds, nil)
	}
	f.Seal()
	for name, draw := range map[string]func(*bytes.Buffer) error{
		"text":    func(w *bytes.Buffer) error { return Text(w, f, TextOptions{}) },
		"mermaid": func(w *bytes.Buffer) error { return Mermaid(w, f, GraphOptions{}) },
		"dot":     func(w *bytes.Buffer) error { return DOT(w, f, GraphOptions{}) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var out bytes.Buffer
				if err := draw(&out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
