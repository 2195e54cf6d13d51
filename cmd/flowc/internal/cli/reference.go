package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes the page about all commands, docs/cli.md, as Markdown. It
// is made from the commands themselves, so it can't say anything else.
func Reference(w io.Writer) error {
	var p page
	p.line("# Commands")
	p.line("")
	p.line("<!-- Generated from the commands; `make golden` writes it anew. -->")
	p.line("")
	p.line("%s", strings.TrimSpace(referenceHead))
	a := &app{getenv: func(string) string { return "" }}
	p.commands(a.root())
	p.line("")
	p.line("%s", strings.TrimSpace(referenceTail))
	_, err := io.WriteString(w, p.String())
	return err
}

type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) commands(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() || cmd.Name() == "help" {
			continue
		}
		if cmd.HasAvailableSubCommands() {
			p.commands(cmd)
			continue
		}
		p.command(cmd)
	}
}

func (p *page) command(cmd *cobra.Command) {
	p.line("")
	p.line("## %s", cmd.CommandPath())
	p.line("")
	p.line("    %s", cmd.UseLine())
	p.line("")
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	p.line("%s", text)
	flags := cmd.NonInheritedFlags()
	if flags.HasAvailableFlags() {
		p.line("")
		p.line("| flag | |")
		p.line("|---|---|")
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden || f.Name == "help" {
				return
			}
			kind, help := pflag.UnquoteUsage(f)
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			if kind != "" {
				name += " " + kind
			}
			if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
				help += " (default " + f.DefValue + ")"
			}
			p.line("| `%s` | %s |", name, strings.ReplaceAll(help, "|", `\|`))
		})
	}
	if cmd.Example != "" {
		p.line("")
		p.line("```sh")
		for line := range strings.Lines(cmd.Example) {
			p.line("%s", strings.TrimRight(strings.TrimPrefix(line, "  "), "\n"))
		}
		p.line("```")
	}
}

const referenceHead = `
What a program may want goes to standard output, words for people go to
standard error. Colours and a live view of a run are used on a terminal only;
NO_COLOR switches colours off. A flow file of ` + "`-`" + ` is standard input.

Exit codes: 0 is yes (clean, the same, succeeded), 1 is no (findings,
differences, a failed flow), 2 means that there is no answer: wrong usage, a
file that is not there, a run that could not start.

A run and what is in it are named by an address:

| address | what |
|---|---|
| ` + "`RUN`" + ` | a run, by its id or the beginning of one |
| ` + "`latest`, `latest_successful`" + ` | the newest run; the newest that succeeded |
| ` + "`FLOW@latest`" + ` | the newest run of one flow |
| ` + "`RUN/STEP`" + ` | a step of it, or a block |
| ` + "`RUN/STEP[3.0]`" + ` | one task: item 0 of an inner foreach in item 3 of an outer one |
| ` + "`RUN/STEP[3.0]/ARTIFACT`" + ` | what it left under that name |
| ` + "`RUN/STEP/ARTIFACT`" + ` | the same of a step that runs once; of a foreach, the list of all |

The store is a folder or URL: that of ` + "`--store`" + `, else that of the variable
FLOWC_STORE, else for ` + "`flowc run`" + ` the folder ` + "`.flowc`" + ` beside the flow file, and
for all others the nearest ` + "`.flowc`" + ` in this folder and those above it.
`

const referenceTail = `
## Output for programs

With ` + "`-o json`" + ` a command prints one JSON document. Fields are only ever added.
Times are RFC 3339 in UTC, sizes are bytes, digests are hex sha256.
`
