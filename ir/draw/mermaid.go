package draw

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// Mermaid draws the flow as a Mermaid flowchart, which GitHub, GitLab and many
// editors show in Markdown. Values are solid edges labelled with their ports,
// `after` is dotted, and thick edges lead from the head of a block to what it
// starts.
func Mermaid(w io.Writer, f *ir.Flow, opt GraphOptions) error {
	p := newPicture(f, opt)
	var b strings.Builder
	title := strconv.QuoteToASCII(diag.Printable(f.Name))
	title = strings.ReplaceAll(title, "%", `\x25`) // %%{...}%% would be a directive
	fmt.Fprintf(&b, "---\ntitle: %s\n---\nflowchart TD\n", title)
	mermaidElements(&b, p.all, "  ")
	for _, e := range p.edges {
		from, to := e.from, e.to
		if e.fromBox != "" {
			from = e.fromBox
		}
		if e.toBox != "" {
			to = e.toBox
		}
		arrow := [...]string{edgeData: "-->", edgeAfter: "-.->", edgeControl: "==>"}[e.kind]
		if len(e.labels) > 0 {
			arrow += "|" + mermaidText(e.labels...) + "|"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", from, arrow, to)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mermaidElements(b *strings.Builder, elements []*element, indent string) {
	for _, e := range elements {
		text := mermaidText(e.label...)
		if e.shape != shapeBox {
			s := mermaidShapes[e.shape]
			fmt.Fprintf(b, "%s%s%s%s%s\n", indent, e.id, s[0], text, s[1])
			continue
		}
		fmt.Fprintf(b, "%ssubgraph %s[%s]\n%[1]s  direction TB\n", indent, e.id, text)
		mermaidElements(b, e.inside, indent+"  ")
		fmt.Fprintf(b, "%send\n", indent)
	}
}

// mermaidShapes are the brackets around the label of a vertex.
var mermaidShapes = [...][2]string{
	shapeStep:    {"[", "]"},
	shapeEach:    {"[[", "]]"},
	shapeHead:    {"{{", "}}"},
	shapeChoice:  {"{", "}"},
	shapeExport:  {"([", "])"},
	shapeParam:   {"[/", "/]"},
	shapeNothing: {"(", ")"},
}

// mermaidText quotes the lines of a label. Everything that means something to
// Mermaid, to Markdown, which it reads labels as, or to HTML, which it turns
// them into, is written by its number.
func mermaidText(lines ...string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		line = diag.Printable(line)
		bullet := listBullet.FindString(line)
		for j, r := range line {
			if mermaidSafe(r) && (j >= len(bullet) || unicode.IsDigit(r)) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// listBullet matches what begins a list or a rule in Markdown.
var listBullet = regexp.MustCompile(`^([-+]+|[0-9]+[.)])( |$)`)

func mermaidSafe(r rune) bool {
	return r > unicode.MaxASCII || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" _.,:=/()[]?!'+-", r)
}
