package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/diag"
)

func (a *app) explainCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what a code of a finding means, with an example",
		Long: `Prints when a finding with this code is reported, the smallest flow that shows
it, and what flowc check prints for that flow. Without a code, lists all codes.
docs/diagnostics.md has the same as a page.`,
		Example: "  flowc explain maybe-absent\n  flowc explain",
		Args:    args(0, 1, "one code"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listCodes()
			}
			return a.explainCode(strings.Trim(args[0], "[]"))
		},
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return codeNames(), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

func codeNames() []string {
	var names []string
	for _, doc := range diag.Codes() {
		names = append(names, string(doc.Code))
	}
	return names
}

// listCodes prints each code with the first sentence about it.
func (a *app) listCodes() error {
	t := &table{head: []string{"CODE", "WHAT"}}
	for _, doc := range diag.Codes() {
		first, _, _ := strings.Cut(strings.ReplaceAll(doc.Text, "\n", " "), ". ")
		t.row(plain(string(doc.Code), strings.TrimSuffix(first, "."))...)
	}
	return a.print(t)
}

func (a *app) explainCode(code string) error {
	doc, ok := diag.Explain(diag.Code(code))
	if !ok {
		return usagef(didYouMean(code, codeNames(), "`flowc explain` lists the codes"), "there is no code %q", code)
	}
	findings, err := findingsOf(doc)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n\n%s\n\n%s\n%s", doc.Code, doc.Text, indented(doc.File()), findings)
	return err
}

// indented sets lines off from the text around.
func indented(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString("    " + line)
	}
	return out.String()
}
