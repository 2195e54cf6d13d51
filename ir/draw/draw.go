// Package draw shows a flow to people: as a tree for a terminal ([Text]), as a
// picture ([SVG]), and as a graph in the languages of Mermaid ([Mermaid]) and
// Graphviz ([DOT]).
//
// The output is a function of the flow alone. Whatever comes from the flow's
// author is made printable and escaped, so that a name or an expression can
// neither control a terminal nor add to a graph.
package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// single returns the step of a foreach that stands on the step itself, or nil.
func single(n *ir.Foreach) *ir.Step {
	if len(n.Body.Nodes) != 1 {
		return nil
	}
	if s, ok := n.Body.Nodes[0].(*ir.Step); ok && s.Name == n.Name {
		return s
	}
	return nil
}

// eachWords says what a foreach runs over: "lr in params.lrs × d in params.ds".
func eachWords(n *ir.Foreach) string {
	var over []string
	for _, it := range n.Over {
		over = append(over, it.Var+" in "+exprText(it.List))
	}
	words := strings.Join(over, " × ")
	if n.Zip && len(over) > 1 {
		words = strings.Join(over, ", ") + " (pairwise)"
	}
	for _, b := range n.Body.Binds {
		if b.Kind == ir.BindIndex {
			words += ", index " + b.Name
		}
	}
	if n.Max > 0 {
		words += ", at most " + count(n.Max, "item")
	}
	if n.MaxParallel > 0 {
		words += fmt.Sprintf(", %d at once", n.MaxParallel)
	}
	if n.Batch > 1 {
		words += fmt.Sprintf(", %d to a container", n.Batch)
	}
	return words
}

// loopWords says when a loop ends: "until score > 0.9, else fails after 5 times".
func loopWords(n *ir.Loop) string {
	end := "fails"
	if n.Stop {
		end = "stops"
	}
	return fmt.Sprintf("until %s, else %s after %s", exprText(n.Until), end, count(n.Max, "iteration"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// exprText is an expression as written, in one line.
func exprText(e *ir.Expr) string {
	if e == nil {
		return ""
	}
	return strings.Join(strings.Fields(e.Text), " ")
}

// refersTo reports whether e is nothing but the name of a port, bind or param
// that is called name.
func refersTo(e *ir.Expr, name string) bool {
	if e == nil || len(e.Refs) != 1 || e.Refs[0].Text != e.Text {
		return false
	}
	text := e.Text
	return text[strings.LastIndexByte(text, '.')+1:] == name
}

// inputWords is "train.model" for an input called model, else "m = train.model".
func inputWords(in ir.Input) string {
	if refersTo(in.Value, in.Name) {
		return exprText(in.Value)
	}
	return in.Name + " = " + exprText(in.Value)
}

func exportWords(x ir.Export) string {
	words := x.Name + " = " + exprText(x.Value)
	if refersTo(x.Value, x.Name) {
		words = exprText(x.Value)
	}
	if x.Type != nil {
		words += ": " + x.Type.String()
	}
	return words
}

func portWords(p ir.Port) string {
	if p.Type == nil {
		return p.Name
	}
	return p.Name + ": " + p.Type.String()
}

// carryWords is "model: file = init.model, then fit.model".
func carryWords(c ir.Carry) string {
	words := c.Name
	if c.Type != nil {
		words += ": " + c.Type.String()
	}
	words += " = " + exprText(c.Init)
	if c.Next != nil {
		words += ", then " + exprText(c.Next)
	}
	return words
}

// afterNames returns the names of the nodes that n waits for without data.
func afterNames(f *ir.Flow, n ir.Node) []string {
	var names []string
	for _, id := range n.Head().After {
		if m := f.Node(id); m != nil {
			names = append(names, m.Head().Name)
		}
	}
	return names
}

// actionWords returns the language's key for what a step does, and a line of it.
func actionWords(s *ir.Step) (key, words string) {
	switch a := s.Action.(type) {
	case *ir.Script:
		var lines []string
		for line := range strings.Lines(a.Text) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 1 {
			return "run", lines[0] + " …"
		}
		return "run", strings.Join(lines, "")
	case *ir.Call:
		return "python", a.File + ":" + a.Func
	case *ir.Argv:
		var args []string
		for _, arg := range a.Args {
			args = append(args, cmp.Or(arg.Text, wrapped("{input: ", arg.Input), wrapped("{output: ", arg.Output), `""`))
		}
		return "command", strings.Join(args, " ")
	}
	return "", ""
}

func wrapped(before, name string) string {
	if name == "" {
		return ""
	}
	return before + name + "}"
}

// each applies f to every element.
func each[T any](list []T, f func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

// fill joins items with commas into lines of at most width columns, cutting
// what is longer than that by itself.
func fill(items []string, width int) []string {
	var lines []string
	line, used := "", 0
	for i, item := range items {
		if i < len(items)-1 {
			item = diag.Cut(item, width-1) + ","
		} else {
			item = diag.Cut(item, width)
		}
		w := diag.Width(item)
		if used > 0 && used+1+w > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += item
		used += w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return slices.Clip(lines)
}
