package yaml

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// TestErrors reads testdata/err/*.txtar. Each file of an archive is a flow with
// its findings below the lines that they concern, the carets below the very
// characters:
//
//	when: "a" == x
//	          ^^^^ yaml-quote: text behind the closing quote
//	          = why: the detail, if there is one
//	          = see 2:5: what is said about another place
//	          = fix: what to do -> the text that an editor would put there
//
// A span of several lines has carets to the end of its first one and then dots.
// Such lines are taken out before the flow is read. Everything found must be
// expected and the other way round; -update writes what is found.
func TestErrors(t *testing.T) {
	forArchives(t, "testdata/err", func(t *testing.T, name, text string) string {
		source := withoutFindings(text)
		var srcs diag.Sources
		_, list := Frontend{}.Load(&srcs, name, []byte(source))
		if len(list) == 0 {
			t.Error("nothing is wrong with it")
		}
		checkFixes(t, source, &srcs, list)
		return annotate(source, &srcs, list)
	})
}

// forArchives runs f for each file of each archive in dir. What f returns is
// what the file should be.
func forArchives(t *testing.T, dir string, f func(t *testing.T, name, text string) string) {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in %s: %v", dir, err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := false
		for i := range archive.Files {
			file := &archive.Files[i]
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+file.Name, func(t *testing.T) {
				got := f(t, file.Name, string(file.Data))
				if got == string(file.Data) {
					return
				}
				if *update {
					file.Data, changed = []byte(got), true
					return
				}
				t.Errorf("(-want +got)\n%s", cmp.Diff(strings.Split(string(file.Data), "\n"), strings.Split(got, "\n")))
			})
		}
		if changed {
			if err := os.WriteFile(path, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func isFinding(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "^") || strings.HasPrefix(line, "= ")
}

func withoutFindings(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !isFinding(line) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// annotate writes the findings below their lines.
func annotate(source string, srcs *diag.Sources, list diag.List) string {
	findings := map[int][]string{}
	for _, d := range list {
		src := srcs.File(d.Span.File)
		from, to := src.Pos(d.Span.Start), src.Pos(d.Span.End)
		carets := strings.Repeat("^", max(1, to.Column-from.Column))
		if from.Line != to.Line {
			rest := utf8.RuneCountInString(src.Line(from.Line)) - from.Column + 1
			carets = strings.Repeat("^", max(1, rest)) + "..."
		}
		indent := strings.Repeat(" ", from.Column-1)
		add := func(format string, args ...any) {
			findings[from.Line] = append(findings[from.Line], indent+fmt.Sprintf(format, args...))
		}
		add("%s %s: %s", carets, d.Code, d.Summary)
		if d.Detail != "" {
			add("= why: %s", d.Detail)
		}
		for _, r := range d.Related {
			p := src.Pos(r.Span.Start)
			add("= see %d:%d: %s", p.Line, p.Column, r.Message)
		}
		if d.Fix != nil && d.Fix.Span.Valid() {
			add("= fix: %s -> %s", d.Fix.Message, strings.ReplaceAll(d.Fix.Replace, "\n", "\\n"))
		} else if d.Fix != nil {
			add("= fix: %s", d.Fix.Message)
		}
	}
	var out strings.Builder
	n := 0
	for line := range strings.Lines(source) {
		n++
		out.WriteString(line)
		for _, f := range findings[n] {
			out.WriteString(f + "\n")
		}
		delete(findings, n)
	}
	for _, at := range slices.Sorted(maps.Keys(findings)) { // behind the last line
		for _, f := range findings[at] {
			out.WriteString(f + "\n")
		}
	}
	return out.String()
}

// checkFixes applies each fix on its own: the finding must go away, and nothing
// may come up where it was.
func checkFixes(t *testing.T, source string, srcs *diag.Sources, list diag.List) {
	t.Helper()
	for _, d := range list {
		if d.Fix == nil || !d.Fix.Span.Valid() {
			continue
		}
		broken := func(list diag.List) (n int) {
			for _, e := range list {
				if e.Code == diag.YAMLSyntax || e.Code == diag.YAMLIndent {
					n++
				}
			}
			return n
		}
		fixed := source[:d.Fix.Span.Start] + d.Fix.Replace + source[d.Fix.Span.End:]
		var again diag.Sources
		_, after := Frontend{}.Load(&again, "fixed", []byte(fixed))
		for _, e := range after {
			if e.Code == d.Code && e.Span.Start == d.Span.Start {
				t.Errorf("%s: the fix %q does not help:\n%s", d.Summary, d.Fix.Replace, fixed)
			}
		}
		if broken(after) > broken(list) {
			t.Errorf("%s: the fix %q breaks the file:\n%s", d.Summary, d.Fix.Replace, fixed)
		}
	}
}

// TestCodeExamples loads the examples that the codes of this package are
// explained with: each must be reported for its code, and for nothing else.
func TestCodeExamples(t *testing.T) {
	cannotShow := []diag.Code{diag.TooLarge, diag.TooDeep, diag.BadEncoding, diag.YAMLTab}
	own := ownCodes(t)
	for _, doc := range diag.Codes() {
		if !slices.Contains(own, doc.Code) || slices.Contains(cannotShow, doc.Code) {
			continue
		}
		var srcs diag.Sources
		_, list := Frontend{}.Load(&srcs, "example", []byte(doc.Example))
		if len(list) != 1 || list[0].Code != doc.Code {
			var out bytes.Buffer
			if err := diag.WriteText(&out, list, &srcs, diag.TextOptions{Width: 100}); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s: its example has %d findings:\n%s\n%s", doc.Code, len(list), doc.Example, out.String())
		}
	}
}

// ownCodes are the codes that stand in the file of this front end.
func ownCodes(t *testing.T) []diag.Code {
	text, err := os.ReadFile("../../diag/codes_yaml.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []diag.Code
	for line := range strings.Lines(string(text)) {
		if _, after, ok := strings.Cut(line, ` Code = "`); ok {
			out = append(out, diag.Code(strings.TrimSuffix(strings.TrimSpace(after), `"`)))
		}
	}
	if len(out) < 20 {
		t.Fatalf("found only %d codes", len(out))
	}
	return out
}

// load reads a flow that must be right.
func load(t *testing.T, text string) *ast.Flow {
	t.Helper()
	var srcs diag.Sources
	flow, list := Frontend{}.Load(&srcs, "flow.yaml", []byte(text))
	if len(list) > 0 {
		var out bytes.Buffer
		if err := diag.WriteText(&out, list, &srcs, diag.TextOptions{Width: 100}); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("unexpected findings:\n%s", out.String())
	}
	return flow
}
