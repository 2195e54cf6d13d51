package check

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

var update = flag.Bool("update", false, "rewrite testdata/errors.txt")

// TestErrors reads blocks of testdata/errors.txt: an expression with the
// offending part between « and », then what is said about it. Where there are
// several findings, the expression is repeated. `EXPR :: TYPE` wants a type.
func TestErrors(t *testing.T) {
	const path = "testdata/errors.txt"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	for i, block := range blocks {
		if strings.HasPrefix(block, "// ") {
			continue
		}
		line, _, _ := strings.Cut(block, "\n")
		got := findings(strings.NewReplacer("«", "", "»", "").Replace(line))
		if diff := cmp.Diff(block, got); diff != "" && !*update {
			t.Errorf("%s: (-want +got)\n%s", line, diff)
		}
		blocks[i] = got
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(blocks, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func findings(line string) string {
	text, wanted, _ := strings.Cut(line, " :: ")
	var want types.Type
	if wanted != "" {
		want = parseType(wanted)
	}
	span := diag.Span{File: 1, Start: 0, End: int32(len(text))}
	checked, diags := Check(diag.Literal(text, span), scopeOf(names), want)
	if !diags.HasErrors() && checked.Code.IsZero() {
		return line + "\n    no finding, and no code"
	}
	if len(diags) == 0 {
		return line + "\n    ok: " + checked.Type.String()
	}
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s«%s»%s", text[:d.Span.Start], text[d.Span.Start:d.Span.End], text[d.Span.End:])
		if wanted != "" {
			b.WriteString(" :: " + wanted)
		}
		fmt.Fprintf(&b, "\n    %s %s: %s\n", d.Severity, d.Code, d.Summary)
		if d.Detail != "" {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(d.Detail, "\n", "\n    "))
		}
		for _, r := range d.Related {
			fmt.Fprintf(&b, "    %q: %s\n", text[r.Span.Start:r.Span.End], r.Message)
		}
		if d.Fix != nil {
			fmt.Fprintf(&b, "    fix: %s\n", d.Fix.Message)
			if d.Fix.Replace != "" {
				fmt.Fprintf(&b, "    gives: %s%s%s\n", text[:d.Fix.Span.Start], d.Fix.Replace, text[d.Fix.Span.End:])
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
