package cli

import (
	"bytes"
	"io"
	"io/fs"
	"strings"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
)

// Diagnostics writes the page about all findings, docs/diagnostics.md, as
// Markdown: what the catalog says of each code, and what `flowc check` really
// prints for its example.
func Diagnostics(w io.Writer) error {
	var p page
	p.line("# What flowc finds")
	p.line("")
	p.line("<!-- Generated from the codes and their examples; `make golden` writes it anew. -->")
	p.line("")
	p.line("%s", strings.TrimSpace(diagnosticsHead))
	for _, doc := range diag.Codes() {
		findings, err := findingsOf(doc)
		if err != nil {
			return err
		}
		p.line("")
		p.line("## %s", doc.Code)
		p.line("")
		p.line("%s", doc.Text)
		p.line("")
		p.line("```yaml")
		p.line("%s```", doc.File())
		p.line("")
		p.line("```text")
		p.line("%s```", findings)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

const diagnosticsHead = `
Every finding has a code. ` + "`flowc explain CODE`" + ` prints what stands here. Errors must be put right; warnings can be silenced
by a comment at the end of the line that they point to, or on a line of its own above it:

    params: {day: date}   # flowc: ignore unused

Below are all codes, each with the smallest flow that shows it and with what ` + "`flowc check`" + ` prints for that flow.
`

// exampleFile is the example of a code as the bytes that show it. Some can't
// stand in a page as they are: a tab can't be seen, and others are too large.
func exampleFile(doc diag.CodeDoc) []byte {
	text := doc.File()
	switch doc.Code {
	case diag.YAMLTab:
		text = strings.ReplaceAll(text, "→ ", "\t")
	case diag.BadEncoding:
		text = "flow: caf\xe9\n"
	case diag.TooDeep:
		text = strings.Replace(text, `[[[["and a hundred more"]]]]`, strings.Repeat("[", 120)+strings.Repeat("]", 120), 1)
	case diag.TooLarge:
		text = strings.Replace(text, `"and half a million more"`, strings.Repeat("4, ", 500_000)+"5", 1)
	case diag.ExprTooLarge:
		text = strings.Replace(text, "...", strings.Repeat("(", 200)+"1"+strings.Repeat(")", 200), 1)
	}
	return []byte(text)
}

// findingsOf is what `flowc check` prints for the example of a code.
func findingsOf(doc diag.CodeDoc) (string, error) {
	r := compileExample(doc)
	var out bytes.Buffer
	err := diag.WriteText(&out, r.Findings, r.Sources, diag.TextOptions{Width: 100})
	return out.String(), err
}

// besideExamples are flows that examples use.
var besideExamples = map[string]string{
	"train.flow.yaml":   "flow: train\nparams: {day: date}\nsteps:\n  fit: {inputs: [params.day], run: ./fit.sh}\n",
	"nightly.flow.yaml": "flow: nightly\nschedule: {cron: \"0 3 * * *\"}\nsteps:\n  fit: {run: ./fit.sh}\n",
}

func compileExample(doc diag.CodeDoc) *compile.Result {
	return compile.File(&diag.Sources{}, "flow.yaml", exampleFile(doc), compile.WithFiles(func(name string) ([]byte, error) {
		if text, ok := besideExamples[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}))
}
