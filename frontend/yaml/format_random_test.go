package yaml_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	goyaml "go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
)

// TestFormatRandomLayouts writes flows, those of the project and random ones,
// with a random layout: any indentation, block and flow style, quotes, folded
// lines, comments and empty lines wherever YAML takes them. Format must keep
// the values and the comments, and change nothing the second time.
func TestFormatRandomLayouts(t *testing.T) {
	known := knownFlows(t)
	rapid.Check(t, func(t *rapid.T) {
		var text string
		if rapid.Bool().Draw(t, "known") {
			text = rapid.SampledFrom(known).Draw(t, "flow")
		} else {
			text = random.Flow(t)
		}
		var doc goyaml.Node
		if err := goyaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		w := &messyWriter{t: t}
		messy := w.document(doc.Content[0])
		want := values(t, []byte(messy))

		out, list, err := yaml.Format(&diag.Sources{}, "flow.yaml", []byte(messy))
		if err != nil || len(list) > 0 {
			t.Fatalf("%v %v\n%s", err, list, messy)
		}
		if got := values(t, out); !reflect.DeepEqual(got, want) {
			t.Fatalf("the values differ\n%s\nbecomes\n%s", messy, out)
		}
		if got := comment.FindAllString(string(out), -1); !slices.Equal(got, w.comments) {
			t.Fatalf("the comments were %q, now they are %q\n%s\nbecomes\n%s", w.comments, got, messy, out)
		}
		if bytes.Contains(out, []byte("\r")) || bytes.HasPrefix(out, []byte("\n")) || w.ends && !bytes.HasSuffix(out, []byte("\n")) {
			t.Fatalf("not regular\n%q", out)
		}
		again, _, err := yaml.Format(&diag.Sources{}, "flow.yaml", out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("the second time: %v\n%s\nbecomes\n%s\nbecomes\n%s", err, messy, out, again)
		}
	})
}

var comment = regexp.MustCompile(`#~[0-9]+~( *[a-z:{]+)?`)

func values(t *rapid.T, text []byte) any {
	var v any
	if err := goyaml.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

func knownFlows(t *testing.T) []string {
	var out []string
	flows, err := filepath.Glob("../../testdata/flows/*.yaml")
	if err != nil || len(flows) == 0 {
		t.Fatal(err)
	}
	for _, path := range append(flows, "../../examples/penguins/flow.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	archives, err := filepath.Glob("../../conformance/testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == "flow.yaml" {
				out = append(out, string(file.Data))
			}
		}
	}
	return out
}

// messyWriter writes a tree with a random layout.
type messyWriter struct {
	t        *rapid.T
	out      strings.Builder
	comments []string
	afterBar bool // the last thing written is a block scalar: a comment must not look like a line of it
	ends     bool // the text ends in a line break
}

func (w *messyWriter) pick(from, to int) int { return rapid.IntRange(from, to).Draw(w.t, "pick") }
func (w *messyWriter) chance(n int) bool     { return w.pick(1, n) == n }
func (w *messyWriter) blanks(from, to int) {
	w.out.WriteString(strings.Repeat(" ", w.pick(from, to)))
}

func (w *messyWriter) document(root *goyaml.Node) string {
	w.between(0)
	if w.chance(10) {
		w.out.WriteString("---")
		w.endLine()
	}
	w.mapping(root, 0)
	w.between(0)
	text := w.out.String()
	w.ends = true
	if w.chance(8) && !w.afterBar {
		text = strings.TrimRight(text, "\n")
	}
	if w.chance(8) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

func (w *messyWriter) comment() {
	c := fmt.Sprintf("#~%d~%s", len(w.comments), rapid.SampledFrom([]string{"", " why", "  a: b", " {"}).Draw(w.t, "words"))
	w.comments = append(w.comments, comment.FindString(c))
	w.out.WriteString(c)
}

// between writes empty lines and comments before a line that is indented so far.
func (w *messyWriter) between(indent int) {
	for w.chance(4) {
		if w.chance(2) {
			if !w.afterBar {
				w.blanks(0, 3)
			}
		} else {
			most := indent + 5
			if w.afterBar {
				most = indent
			}
			w.blanks(0, most)
			w.comment()
			w.blanks(0, 1)
		}
		w.out.WriteByte('\n')
	}
}

// endLine ends a line, perhaps with a comment.
func (w *messyWriter) endLine() {
	if w.chance(4) {
		w.blanks(1, 6)
		w.comment()
	}
	w.blanks(0, 1)
	w.out.WriteByte('\n')
	w.afterBar = false
}

func (w *messyWriter) mapping(n *goyaml.Node, indent int) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if i > 0 || indent == 0 {
			w.between(indent)
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		w.entry(n, i, indent)
	}
}

// entry writes a key and its value.
func (w *messyWriter) entry(n *goyaml.Node, i, indent int) {
	w.key(n.Content[i], false)
	w.blanks(0, max(0, w.pick(-4, 2)))
	w.out.WriteByte(':')
	w.value(n.Content[i+1], indent, indent)
}

func (w *messyWriter) list(n *goyaml.Node, indent int) {
	for i, item := range n.Content {
		if i > 0 {
			w.between(indent)
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		w.out.WriteByte('-')
		w.value(item, indent, indent+1)
	}
}

// value writes a value and ends its line. Its lines are indented by least or
// more, lists below a key also as much as the key.
func (w *messyWriter) value(n *goyaml.Node, around, least int) {
	inBlock := (n.Kind == goyaml.MappingNode || n.Kind == goyaml.SequenceNode) && len(n.Content) > 0 && !w.chance(3)
	if inBlock {
		indent := around + w.pick(1, 5)
		if n.Kind == goyaml.SequenceNode && least == around && w.chance(3) {
			indent = around
		}
		if least > around && w.chance(2) { // behind a dash
			blanks := indent - around
			w.out.WriteString(strings.Repeat(" ", blanks))
			indent = around + 1 + blanks
		} else {
			w.endLine()
			w.between(indent)
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		if n.Kind == goyaml.MappingNode {
			w.first(n, indent)
		} else {
			w.list(n, indent)
		}
		return
	}
	indent := around + w.pick(1, 5)
	if n.Kind == goyaml.ScalarNode && strings.Contains(n.Value, "\n") && w.bar(n.Value, around, indent) {
		return
	}
	if w.chance(6) {
		w.endLine()
		w.between(indent)
		w.out.WriteString(strings.Repeat(" ", indent))
	} else {
		w.blanks(1, 3)
	}
	w.inline(n, indent, false)
	w.endLine()
}

// first is mapping, with the cursor where its first key goes.
func (w *messyWriter) first(n *goyaml.Node, indent int) {
	w.entry(n, 0, indent)
	rest := &goyaml.Node{Kind: goyaml.MappingNode, Content: n.Content[2:]}
	for i := 0; i+1 < len(rest.Content); i += 2 {
		w.between(indent)
		w.out.WriteString(strings.Repeat(" ", indent))
		w.entry(rest, i, indent)
	}
}

// bar writes a block scalar, if the text can be one.
func (w *messyWriter) bar(text string, around, indent int) bool {
	body, chomp := text, "-"
	if strings.HasSuffix(text, "\n") {
		body, chomp = strings.TrimSuffix(text, "\n"), rapid.SampledFrom([]string{"", "+"}).Draw(w.t, "chomp")
	}
	if strings.HasSuffix(body, "\n") || strings.TrimSpace(body) == "" || w.chance(5) {
		return false
	}
	w.blanks(1, 3)
	w.out.WriteString("|")
	lines := strings.Split(body, "\n")
	explicit := strings.HasPrefix(strings.TrimLeft(body, "\n"), " ") || w.chance(4)
	if explicit {
		w.out.WriteString(strconv.Itoa(indent - around))
	}
	w.out.WriteString(chomp)
	w.blanks(0, 2)
	w.out.WriteByte('\n')
	for _, line := range lines {
		if line != "" {
			w.out.WriteString(strings.Repeat(" ", indent) + line)
		}
		w.out.WriteByte('\n')
	}
	w.afterBar = true
	if chomp == "+" { // empty lines would belong to it
		w.out.WriteString(strings.Repeat(" ", around))
		w.comment()
		w.out.WriteByte('\n')
	}
	return true
}

// inline writes a value in flow style or a scalar. Lines it breaks into are
// indented.
func (w *messyWriter) inline(n *goyaml.Node, indent int, inFlow bool) {
	switch n.Kind {
	case goyaml.ScalarNode:
		w.scalar(n, indent, inFlow)
		return
	case goyaml.SequenceNode:
		w.out.WriteByte('[')
		for i, item := range n.Content {
			w.space(indent)
			w.inline(item, indent, true)
			w.comma(i == len(n.Content)-1, indent)
		}
		w.out.WriteByte(']')
		return
	}
	w.out.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		w.space(indent)
		w.key(n.Content[i], true)
		w.blanks(0, max(0, w.pick(-4, 2)))
		w.out.WriteByte(':')
		w.blanks(1, 2)
		w.inline(n.Content[i+1], indent, true)
		w.comma(i+2 == len(n.Content), indent)
	}
	w.out.WriteByte('}')
}

func (w *messyWriter) comma(last bool, indent int) {
	w.space(indent)
	if !last || w.chance(5) {
		w.out.WriteByte(',')
		w.blanks(0, 1)
		if last {
			w.space(indent)
		}
	}
}

// space may break a line within brackets.
func (w *messyWriter) space(indent int) {
	if !w.chance(8) {
		w.blanks(0, 2)
		return
	}
	w.endLine()
	for w.chance(5) {
		if w.chance(2) {
			w.blanks(indent, indent+4)
			w.comment()
		}
		w.out.WriteByte('\n')
	}
	w.blanks(indent, indent+6)
}

func (w *messyWriter) key(n *goyaml.Node, inFlow bool) {
	if n.Style == 0 && (!inFlow || !strings.ContainsAny(n.Value, ",[]{}")) && !w.chance(8) {
		w.out.WriteString(n.Value)
		return
	}
	w.out.WriteString(doubleQuoted(n.Value))
}

func doubleQuoted(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s)
	return `"` + s + `"`
}

func (w *messyWriter) scalar(n *goyaml.Node, indent int, inFlow bool) {
	plain := n.Style == 0 && n.Value != "" && !strings.Contains(n.Value, "\n") && (!inFlow || !strings.ContainsAny(n.Value, ",[]{}"))
	single := !plain && !strings.Contains(n.Value, "\n") && w.chance(3)
	text := n.Value
	switch {
	case single:
		text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case !plain:
		text = doubleQuoted(text)
	}
	for i := range len(text) {
		c := text[i]
		if c == ' ' && i > 0 && i+2 < len(text) && !strings.ContainsRune(" \\#-", rune(text[i+1])) && !strings.ContainsRune(" \\\"':", rune(text[i-1])) && w.chance(15) {
			w.out.WriteByte('\n')
			w.blanks(indent, indent+4)
			continue
		}
		w.out.WriteByte(c)
	}
}
