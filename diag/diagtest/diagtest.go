// Package diagtest holds findings against what a test archive expects. The
// expectation stands below the line that it concerns, with carets below the
// very characters:
//
//	when: eval.scor > 0.8
//	           ^^^^ unknown-port: `eval` has no output `scor`
//	           = why: the detail, if there is one
//	           = see 4:21: what is said about another place
//	           = fix: what to do -> the text that an editor would put there
//
// A span of several lines has carets to the end of its first line and then dots.
package diagtest

import (
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

	"github.com/flowc-dev/flowc/diag"
)

// Strip takes the expectations out of a text.
func Strip(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if t := strings.TrimSpace(line); !strings.HasPrefix(t, "^") && !strings.HasPrefix(t, "= ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Annotate writes findings, all of one file, below their lines.
func Annotate(source string, srcs *diag.Sources, list diag.List) string {
	below := map[int][]string{}
	for _, d := range list.Sorted() {
		src := srcs.File(d.Span.File)
		if src == nil {
			below[0] = append(below[0], fmt.Sprintf("^ %s: %s (nowhere)", d.Code, d.Summary))
			continue
		}
		line, notes := finding(src, d)
		below[line] = append(below[line], notes...)
	}
	var out strings.Builder
	n := 0
	for line := range strings.Lines(source) {
		n++
		out.WriteString(line)
		for _, note := range below[n] {
			out.WriteString(note + "\n")
		}
		delete(below, n)
	}
	for _, n := range slices.Sorted(maps.Keys(below)) { // behind the last line, or nowhere
		for _, note := range below[n] {
			out.WriteString(note + "\n")
		}
	}
	return out.String()
}

func finding(src *diag.Source, d diag.Diagnostic) (line int, notes []string) {
	from, to := src.Pos(d.Span.Start), src.Pos(d.Span.End)
	carets := strings.Repeat("^", max(1, to.Column-from.Column))
	if from.Line != to.Line {
		rest := utf8.RuneCountInString(src.Line(from.Line)) - from.Column + 1
		carets = strings.Repeat("^", max(1, rest)) + "..."
	}
	indent := strings.Repeat(" ", from.Column-1)
	add := func(format string, args ...any) {
		text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", `\n`)
		notes = append(notes, indent+text)
	}
	severity := ""
	if d.Severity != diag.Error {
		severity = d.Severity.String() + " "
	}
	add("%s %s%s: %s", carets, severity, d.Code, d.Summary)
	if d.Detail != "" {
		add("= why: %s", d.Detail)
	}
	for _, r := range d.Related {
		at := src.Pos(r.Span.Start)
		add("= see %d:%d: %s", at.Line, at.Column, r.Message)
	}
	switch {
	case d.Fix == nil:
	case d.Fix.Span.Valid():
		add("= fix: %s -> %s", d.Fix.Message, d.Fix.Replace)
	default:
		add("= fix: %s", d.Fix.Message)
	}
	return from.Line, notes
}

// Archives runs f for every archive dir/*.txtar. f changes the archive to what
// it should be; a difference fails the test, or is written if update is set.
func Archives(t *testing.T, dir string, update bool, f func(t *testing.T, a *txtar.Archive)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives in %s: %v", dir, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(text)
			f(t, a)
			got := txtar.Format(a)
			switch {
			case string(got) == string(text):
			case update:
				if err := os.WriteFile(path, got, 0o666); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("%s (-want +got)\n%s", path, cmp.Diff(strings.Split(string(text), "\n"), strings.Split(string(got), "\n")))
			}
		})
	}
}
