package cli

import (
	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/diag"
)

func (a *app) checkCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Find what is wrong with a flow, without running it",
		Long: `Reads the flows and reports everything that is wrong with them in one pass:
names, types, references, conditions, limits. Nothing is run and nothing is
contacted. A file of "-" is standard input. --format sarif writes a log for
services that show findings beside the code, github annotations of a workflow.

Exits with 0 if there is nothing to report (notes do not count), 1 if there are
findings, 2 if a file could not be read.`,
		Example: "  flowc check flow.yaml\n  flowc check --format json flows/*.yaml > findings.json",
		Args:    args(1, -1, "at least one flow file"),
	}
	format := choiceFlag(cmd, "format", "", "how findings are written", "text", "json", "sarif", "github")
	cmd.RunE = func(_ *cobra.Command, files []string) error { return a.check(files, format.value) }
	return cmd
}

func (a *app) check(files []string, format string) error {
	var (
		srcs   diag.Sources
		all    diag.List
		unread error
	)
	for _, path := range files {
		r, err := a.compileFile(&srcs, path)
		if err != nil {
			a.exit(err)
			unread = status(exitUsage)
			continue
		}
		all = append(all, r.Findings...)
		if format == "text" {
			if err := a.explain(a.stdout, r.Findings, &srcs); err != nil {
				return err
			}
		}
		a.say("%s: %s", printable(r.Name), r.Findings.Tally())
	}
	if err := a.findings(format, all, &srcs); err != nil {
		return err
	}
	if unread == nil && len(withoutNotes(all)) > 0 {
		return status(exitNo)
	}
	return unread
}

// findings writes the findings of all files in a format for programs.
func (a *app) findings(format string, all diag.List, srcs *diag.Sources) error {
	switch format {
	case "json":
		return diag.WriteJSON(a.stdout, all, srcs)
	case "sarif":
		return diag.WriteSARIF(a.stdout, all, srcs, diag.SARIFOptions{Version: version().Version})
	case "github":
		return diag.WriteGitHub(a.stdout, all, srcs)
	}
	return nil
}
