package diag

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the renderers produce into the golden files")

// TestGolden renders the archives in testdata. Each holds sources, in which
// «name:...» marks a span (a file called NAME.quoted has Go escapes in each
// line), the findings as JSON, and what comes out:
//
//	findings.json   what is rendered
//	text.WIDTH      as text of that many columns
//	color.WIDTH     the same with colour, ESC shown as ␛
//	json            as JSON
//
// To add a case, add a file with the output sections empty and use -update.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources, list := readCase(t, archive)
			for i, f := range archive.Files {
				var out bytes.Buffer
				kind, arg, _ := strings.Cut(f.Name, ".")
				switch kind {
				default:
					continue
				case "json":
					err = WriteJSON(&out, list, sources)
				case "text", "color":
					width, bad := strconv.Atoi(arg)
					if bad != nil {
						t.Fatal(bad)
					}
					err = WriteText(&out, list, sources, TextOptions{Width: width, Color: kind == "color"})
					fmt.Fprintf(&out, "\n%s\n", list.Tally())
				}
				if err != nil {
					t.Fatal(err)
				}
				got := strings.ReplaceAll(out.String(), "\x1b", "␛")
				if *update {
					archive.Files[i].Data = []byte(got)
				} else if d := cmp.Diff(string(f.Data), got); d != "" {
					t.Errorf("%s: -want +got\n%s", f.Name, d)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// findingInFile is a finding with its places by name.
type findingInFile struct {
	Severity, Code, Summary, Detail, At string
	Related                             []struct{ At, Message string }
	Fix                                 *struct{ Message, At, Replace string }
}

func readCase(t *testing.T, archive *txtar.Archive) (*Sources, List) {
	t.Helper()
	sources, spans := &Sources{}, map[string]Span{"": {}}
	var found []findingInFile
	for _, f := range archive.Files {
		switch kind, _, _ := strings.Cut(f.Name, "."); {
		case f.Name == "findings.json":
			dec := json.NewDecoder(bytes.NewReader(f.Data))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&found); err != nil {
				t.Fatal(err)
			}
		case slices.Contains([]string{"text", "color", "json"}, kind):
		default:
			addMarked(t, sources, spans, f)
		}
	}
	place := func(name string) Span {
		s, ok := spans[name]
		if !ok {
			t.Fatalf("no source marks «%s:...»", name)
		}
		return s
	}
	var list List
	for _, f := range found {
		d := Diagnostic{Code: Code(f.Code), Summary: f.Summary, Detail: f.Detail, Span: place(f.At)}
		for s := Error; s <= Note; s++ {
			if s.String() == f.Severity {
				d.Severity = s
			}
		}
		for _, r := range f.Related {
			d.Related = append(d.Related, Related{place(r.At), r.Message})
		}
		if f.Fix != nil {
			d.Fix = &Fix{f.Fix.Message, place(f.Fix.At), f.Fix.Replace}
		}
		list.Add(d)
	}
	return sources, list
}

// addMarked registers a source without its marks and records their spans.
func addMarked(t *testing.T, sources *Sources, spans map[string]Span, f txtar.File) {
	t.Helper()
	name, text := f.Name, string(f.Data)
	if base, ok := strings.CutSuffix(name, ".quoted"); ok {
		var b strings.Builder
		for line := range strings.Lines(text) {
			s, err := strconv.Unquote(`"` + strings.TrimSuffix(line, "\n") + `"`)
			if err != nil {
				t.Fatalf("%s: %q: %v", f.Name, line, err)
			}
			b.WriteString(s)
		}
		name, text = base, b.String()
	}
	id := FileID(len(sources.files) + 1)
	var out []byte
	var open []string
	for text != "" {
		switch {
		case strings.HasPrefix(text, "«"):
			mark, rest, ok := strings.Cut(text[len("«"):], ":")
			if !ok {
				t.Fatalf("%s: a mark has no name", f.Name)
			}
			spans[mark] = Span{File: id, Start: int32(len(out))}
			open = append(open, mark)
			text = rest
		case strings.HasPrefix(text, "»"):
			last := open[len(open)-1]
			s := spans[last]
			s.End = int32(len(out))
			spans[last] = s
			open = open[:len(open)-1]
			text = text[len("»"):]
		default:
			out = append(out, text[0])
			text = text[1:]
		}
	}
	if len(open) > 0 {
		t.Fatalf("%s: «%s is not closed", f.Name, open)
	}
	sources.Add(name, out)
}

func TestTally(t *testing.T) {
	var l List
	if got := l.Tally(); got != "no findings" {
		t.Errorf("empty: %q", got)
	}
	l.Error(UnknownKey, Span{}, "a")
	if got := l.Tally(); got != "1 error" {
		t.Errorf("one: %q", got)
	}
	l.Warn(UnknownKey, Span{}, "b")
	l.Error(UnknownKey, Span{}, "c")
	l.Note(UnknownKey, Span{}, "d")
	if got := l.Tally(); got != "2 errors, 1 warning, 1 note" {
		t.Errorf("four: %q", got)
	}
}
