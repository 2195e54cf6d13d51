package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/bundledir"
	"github.com/flowc-dev/flowc/compile"
)

func (a *app) compileCmd() *cobra.Command {
	help := ""
	names := []string{}
	for _, t := range compile.Targets() {
		help += "\n  " + t.Name + "  " + t.Help
		names = append(names, t.Name)
	}
	cmd := &cobra.Command{
		Use:   "compile FILE --target TARGET [-o DIR | --check DIR]",
		Short: "Print what a target is given: the same bytes for the same flow, anywhere",
		Long: `Compiles a flow for a target and writes the files into a folder, or prints them
one behind the other, each behind a line "-- path --". The network is never
used, and the output depends on the flow alone. Targets:
` + help + `

With --check nothing is written: exits with 0 if the folder holds exactly these
files, with 1 and a unified diff if not, with 2 if there is nothing to compare.`,
		Example: "  flowc compile flow.yaml --target plan -o build\n  flowc compile flow.yaml --target plan --check build",
		Args:    args(1, 1, "one flow file"),
	}
	target := cmd.Flags().String("target", "", "`TARGET` to compile for")
	dir := cmd.Flags().StringP("output", "o", "-", "`DIR` to write to; - is standard output")
	check := cmd.Flags().String("check", "", "`DIR` to compare with")
	complete(cmd, "target", names)
	cmd.MarkFlagsMutuallyExclusive("output", "check")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if *target == "" {
			return usagef("--target plan, for one", "compile needs a --target")
		}
		t, err := compile.FindTarget(*target)
		if err != nil {
			return usagef("", "%v", err)
		}
		r, err := a.compileOK(args[0])
		if err != nil {
			return err
		}
		b, err := t.Emit(r)
		if err != nil {
			return err
		}
		switch {
		case *check != "":
			return a.compare(*check, b)
		case *dir == "-":
			return bundledir.Print(a.stdout, b)
		}
		changed, err := bundledir.Write(*dir, b)
		if err != nil {
			return err
		}
		a.say("%s: %d files, %d changed", printable(*dir), len(b.Paths()), changed)
		return nil
	}
	return cmd
}

// compare prints how a folder differs from the bundle.
func (a *app) compare(dir string, b *compile.Bundle) error {
	diff, err := bundledir.Diff(dir, b)
	if err != nil {
		return err
	}
	if diff == "" {
		return nil
	}
	if _, err := io.WriteString(a.stdout, diff); err != nil {
		return err
	}
	a.say("%s is not what the flow compiles to", printable(dir))
	return status(exitNo)
}
