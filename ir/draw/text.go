package draw

import (
	"io"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// TextOptions say how [Text] draws.
type TextOptions struct {
	Width int  // columns to fill; 0 means 100, and less than 40 means 40
	Color bool // whether to use ANSI colours
}

// Text draws the flow as a tree of its blocks: each step with what it runs,
// its gate, its inputs and the outputs that others may name.
func Text(w io.Writer, f *ir.Flow, opt TextOptions) error {
	if opt.Width <= 0 {
		opt.Width = 100
	}
	t := &tree{flow: f, width: max(opt.Width, 40), color: opt.Color}
	root := branch{name: "flow " + f.Name, rows: t.flowRows(), inside: t.inside(f.Body.Nodes, f.Exports)}
	t.branch(root, "", "")
	_, err := io.WriteString(w, t.out.String())
	return err
}

// branch is one node of the drawn tree.
type branch struct {
	name   string
	items  []string // beside the name
	rows   []row
	inside []branch
}

// row says one thing about a branch, in one of three ways.
type row struct {
	label string
	text  string   // wrapped
	line  string   // cut to one line
	items []string // filled into lines
}

type tree struct {
	flow  *ir.Flow
	width int
	color bool
	out   strings.Builder
}

func (t *tree) flowRows() []row {
	var rows []row
	label := "params"
	for _, p := range t.flow.Params {
		line := portWords(ir.Port{Name: p.Name, Type: p.Type})
		if p.Default != nil {
			line += " = " + string(p.Default.JSON)
		}
		rows = append(rows, row{label: label, line: line})
		label = ""
	}
	if s := t.flow.Policy.Schedule; s != nil {
		text := s.Cron
		if s.Timezone != "" {
			text += " " + s.Timezone
		}
		if s.Suspended {
			text += " (suspended)"
		}
		rows = append(rows, row{label: "cron", text: text})
	}
	return rows
}

// inside returns the branches of a block: its nodes, then its exports.
func (t *tree) inside(nodes []ir.Node, exports []ir.Export) []branch {
	var out []branch
	for _, n := range nodes {
		out = append(out, t.node(n))
	}
	if len(exports) > 0 {
		out = append(out, branch{name: "export", items: each(exports, exportWords)})
	}
	return out
}

func (t *tree) block(b *ir.Block) []branch { return t.inside(b.Nodes, b.Exports) }

func (t *tree) node(n ir.Node) branch {
	head := n.Head()
	br := branch{name: head.Name}
	add := func(label, text string) {
		if text != "" {
			br.rows = append(br.rows, row{label: label, text: text})
		}
	}
	list := func(label string, items []string) {
		if len(items) > 0 {
			br.rows = append(br.rows, row{label: label, items: items})
		}
	}

	if u := head.Uses; u != nil {
		add("uses", u.File)
		list("with", each(u.Inputs, inputWords))
	}
	add("when", exprText(head.When))
	list("after", afterNames(t.flow, n))
	var step *ir.Step
	catch := head.Catch
	switch n := n.(type) {
	case *ir.Step:
		step = n
	case *ir.Foreach:
		add("foreach", eachWords(n))
		if step = single(n); step == nil {
			br.inside = t.block(n.Body)
		} else {
			catch = catch || step.Catch
		}
	case *ir.Switch:
		add("switch", exprText(n.On))
		for _, c := range n.Cases {
			inner := branch{name: "case " + c.Label, inside: t.block(c.Body)}
			if c.Else {
				inner.name = "else"
			}
			if len(inner.inside) == 0 {
				inner.items = []string{"(nothing)"}
			}
			br.inside = append(br.inside, inner)
		}
	case *ir.Loop:
		add("loop", loopWords(n))
		label := "carry"
		for _, c := range n.Carry {
			add(label, carryWords(c))
			label = ""
		}
		br.inside = t.block(n.Body)
	case *ir.Group:
		br.inside = t.block(n.Body)
	}
	if catch {
		add("catch", "a failure ends as nil")
	}
	if step != nil {
		key, words := actionWords(step)
		if words != "" {
			br.rows = append(br.rows, row{label: key, line: words})
		}
		list("in", each(step.Inputs, inputWords))
	}
	list("out", each(head.Ports, portWords))
	return br
}

// SGR parameters: the lines of the tree, its names, the labels of rows.
const (
	lines  = "2"
	names  = "1"
	labels = "36"
)

func (t *tree) paint(style, text string) string {
	if !t.color || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// labelWidth is the column of the texts of rows, counted from the labels.
const labelWidth = 9

// branch writes br, its rows and what is inside. first is drawn before its
// name, and rest before the lines below that.
func (t *tree) branch(br branch, first, rest string) {
	name := diag.Cut(br.name, t.room(first, 0))
	t.out.WriteString(t.paint(lines, first) + t.paint(names, name))
	hang := diag.Width(name) + 2
	for i, part := range fill(br.items, t.room(rest, hang)) {
		if i > 0 {
			t.out.WriteString("\n" + t.paint(lines, rest) + strings.Repeat(" ", hang-2))
		}
		t.out.WriteString("  " + part)
	}
	t.out.WriteByte('\n')

	below := rest + "   "
	if len(br.inside) > 0 {
		below = rest + "│  "
	}
	for _, r := range br.rows {
		room := t.room(below, labelWidth)
		parts := fill(r.items, room)
		switch {
		case r.text != "":
			parts = diag.Wrap(r.text, room)
		case r.line != "":
			parts = []string{diag.Cut(r.line, room)}
		}
		label := r.label
		for _, part := range parts {
			t.out.WriteString(t.paint(lines, below) + t.paint(labels, label))
			t.out.WriteString(strings.Repeat(" ", labelWidth-len(label)) + part + "\n")
			label = ""
		}
	}
	for i, inner := range br.inside {
		if i < len(br.inside)-1 {
			t.branch(inner, rest+"├─ ", rest+"│  ")
		} else {
			t.branch(inner, rest+"└─ ", rest+"   ")
		}
	}
}

// room returns the columns that are left behind prefix and used more.
func (t *tree) room(prefix string, used int) int {
	return max(20, t.width-diag.Width(prefix)-used)
}
