package compile

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
)

const languagePage = "../docs/language.md"

// block is a fenced piece of the page.
type block struct {
	line   int    // of the fence
	info   string // what stands behind the fence: "yaml", "yaml invalid: code", "text"
	text   string
	lo, hi int // where the text stands in the page
}

var fence = regexp.MustCompile("(?m)^```(.*)\n((?s:.*?))^```$")

func blocksOf(page string) []block {
	var out []block
	for _, m := range fence.FindAllStringSubmatchIndex(page, -1) {
		out = append(out, block{
			line: 1 + strings.Count(page[:m[0]], "\n"),
			info: page[m[2]:m[3]], text: page[m[4]:m[5]],
			lo: m[4], hi: m[5],
		})
	}
	return out
}

// TestLanguage compiles every example of the specification. A block marked as
// invalid must give an error with that code and no other; a block of text
// behind it must be what flowc says; a block marked as a file lies beside the
// others, which may use it; the table of functions must be the one
// that the compiler has. With -update the last two are written.
func TestLanguage(t *testing.T) {
	text, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	page := withFunctions(t, string(text))
	blocks := blocksOf(page)
	beside := map[string][]byte{}
	for _, b := range blocks {
		if name, ok := strings.CutPrefix(b.info, "yaml file: "); ok {
			beside[name] = []byte(b.text)
		}
	}
	valid, invalid := 0, 0
	var out strings.Builder
	at := 0
	for i, b := range blocks {
		switch kind, code, _ := strings.Cut(b.info, " invalid: "); {
		case kind == "yaml" && code == "":
			valid++
			checkValid(t, b, beside)
		case strings.HasPrefix(b.info, "yaml file: "):
			checkValid(t, b, beside)
		case kind == "yaml":
			invalid++
			said := checkInvalid(t, b, beside, diag.Code(code))
			if i+1 < len(blocks) && blocks[i+1].info == "text" {
				next := blocks[i+1]
				out.WriteString(page[at:next.lo] + said)
				at = next.hi
			}
		case kind != "text":
			t.Errorf("line %d: a block of kind %q", b.line, b.info)
		}
	}
	out.WriteString(page[at:])
	if valid < 15 || invalid < 8 {
		t.Errorf("found only %d valid and %d invalid examples", valid, invalid)
	}
	if got := out.String(); got != string(text) {
		if !*update {
			t.Errorf("%s is not up to date; `make golden` writes it anew (-page +now):\n%s", languagePage, cmp.Diff(string(text), got))
			return
		}
		if err := os.WriteFile(languagePage, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func checkValid(t *testing.T, b block, beside map[string][]byte) {
	var srcs diag.Sources
	r := File(&srcs, "flow.yaml", []byte(b.text), WithFiles(reader(beside)))
	if !r.OK() || slices.ContainsFunc(r.Findings, func(d diag.Diagnostic) bool { return d.Severity != diag.Note }) {
		t.Errorf("line %d: the example has findings:\n%s", b.line, said(t, r))
	}
}

// checkInvalid returns what flowc says about an example.
func checkInvalid(t *testing.T, b block, beside map[string][]byte, code diag.Code) string {
	var srcs diag.Sources
	r := File(&srcs, "flow.yaml", []byte(b.text), WithFiles(reader(beside)))
	if len(r.Findings) == 0 || slices.ContainsFunc(r.Findings, func(d diag.Diagnostic) bool { return d.Code != code }) {
		t.Errorf("line %d: the example should give %s and nothing else:\n%s", b.line, code, said(t, r))
	}
	return said(t, r)
}

func said(t *testing.T, r *Result) string {
	var out bytes.Buffer
	if err := diag.WriteText(&out, r.Findings, r.Sources, diag.TextOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// withFunctions puts the table of functions between its marks.
func withFunctions(t *testing.T, page string) string {
	const begin, end = "<!-- functions: begin (written by the tests) -->\n", "<!-- functions: end -->"
	before, rest, ok1 := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the page has no place for the table of functions")
	}
	var b strings.Builder
	b.WriteString("| function | gives | example | is |\n|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`).Replace
	for _, f := range expr.Functions {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | `%s` |\n",
			strings.ReplaceAll(cell(f.Signature), ", "+f.Name+"(", "`<br>`"+f.Name+"("), cell(f.Doc), cell(f.Example), cell(f.Result))
	}
	return before + begin + b.String() + end + after
}

// TestLanguageNamesCodes: the page knows every finding that YAML itself gives
// rise to.
func TestLanguageNamesCodes(t *testing.T) {
	text, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range diag.Codes() {
		if strings.HasPrefix(string(doc.Code), "yaml-") && !bytes.Contains(text, []byte("`"+string(doc.Code)+"`")) {
			t.Errorf("%s is not on the page", doc.Code)
		}
	}
}
