package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/starter"
)

func (a *app) initCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first flow that runs",
		Long: `Writes a small flow with a foreach, a Python function and a script into DIR, or
into this folder. Nothing is overwritten.`,
		Example: "  flowc init my-flow && flowc run my-flow/flow.yaml",
		Args:    args(0, 1, "one folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			written, err := starter.Write(dir)
			for _, path := range written {
				a.say("wrote %s", printable(path))
			}
			if err != nil {
				return err
			}
			a.say("\nrun it:  flowc run %s", printable(filepath.Join(dir, starter.FlowFile)))
			return nil
		},
	}
}
