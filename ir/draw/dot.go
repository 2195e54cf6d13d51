package draw

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// DOT draws the flow in the language of Graphviz. Values are solid edges
// labelled with their ports, `after` is dotted, and thick edges lead from the
// head of a block to what it starts.
func DOT(w io.Writer, f *ir.Flow, opt GraphOptions) error {
	p := newPicture(f, opt)
	var b strings.Builder
	fmt.Fprintf(&b, `digraph %s {
  graph [compound=true, rankdir=TB, label=%[1]s, labelloc=t, fontname="sans-serif", fontsize=14];
  node [fontname="sans-serif", fontsize=11];
  edge [fontname="sans-serif", fontsize=9];
`, dotText("", f.Name))
	dotElements(&b, p.all, "  ")
	for _, e := range p.edges {
		var attrs []string
		if len(e.labels) > 0 {
			attrs = append(attrs, "label="+dotText(`\n`, e.labels...))
		}
		switch e.kind {
		case edgeAfter:
			attrs = append(attrs, "style=dotted")
		case edgeControl:
			attrs = append(attrs, "style=bold")
		}
		if e.fromBox != "" {
			attrs = append(attrs, "ltail=cluster_"+e.fromBox)
		}
		if e.toBox != "" {
			attrs = append(attrs, "lhead=cluster_"+e.toBox)
		}
		fmt.Fprintf(&b, "  %s -> %s", e.from, e.to)
		if len(attrs) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attrs, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func dotElements(b *strings.Builder, elements []*element, indent string) {
	for _, e := range elements {
		if e.shape != shapeBox {
			fmt.Fprintf(b, "%s%s [%s, label=%s];\n", indent, e.id, dotShapes[e.shape], dotText(`\n`, e.label...))
			continue
		}
		fmt.Fprintf(b, "%ssubgraph cluster_%s {\n", indent, e.id)
		fmt.Fprintf(b, "%s  label=%s; style=rounded; color=gray60;\n", indent, dotText(`\n`, e.label...))
		dotElements(b, e.inside, indent+"  ")
		fmt.Fprintf(b, "%s}\n", indent)
	}
}

var dotShapes = [...]string{
	shapeStep:    `shape=box, style=rounded`,
	shapeEach:    `shape=box, style=rounded, peripheries=2`,
	shapeHead:    `shape=hexagon`,
	shapeChoice:  `shape=diamond`,
	shapeExport:  `shape=note`,
	shapeParam:   `shape=parallelogram`,
	shapeNothing: `shape=plain`,
}

// dotText quotes the lines of a label, joined by sep. Graphviz reads escapes
// and HTML entities in it.
func dotText(sep string, lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
	return `"` + strings.Join(each(lines, func(s string) string { return escape.Replace(diag.Printable(s)) }), sep) + `"`
}
