package yaml

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/diag/diagtest"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// TestErrors reads testdata/err/*.txtar. Each file of an archive is a flow with
// its findings beside the offending tokens, in the notation of package
// diagtest. Everything found must be expected and the other way round; -update
// writes what is found.
func TestErrors(t *testing.T) {
	forArchives(t, "testdata/err", func(t *testing.T, name, text string) string {
		source := diagtest.Strip(text)
		var srcs diag.Sources
		_, list := Frontend{}.Load(&srcs, name, []byte(source))
		if len(list) == 0 {
			t.Error("nothing is wrong with it")
		}
		checkFixes(t, source, &srcs, list)
		return diagtest.Annotate(source, &srcs, list)
	})
}

// forArchives runs f for each file of each archive in dir. What f returns is
// what the file should be.
func forArchives(t *testing.T, dir string, f func(t *testing.T, name, text string) string) {
	t.Helper()
	diagtest.Archives(t, dir, *update, func(t *testing.T, a *txtar.Archive) {
		for i := range a.Files {
			file := &a.Files[i]
			t.Run(file.Name, func(t *testing.T) {
				file.Data = []byte(f(t, file.Name, string(file.Data)))
			})
		}
	})
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
