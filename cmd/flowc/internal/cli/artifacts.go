package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) artifactsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "artifacts",
		Short: "List what the tasks of a run left, and get it",
		Args:  cobra.ArbitraryArgs,
		RunE:  a.group,
	}
	cmd.AddCommand(a.artifactsListCmd(), a.artifactsGetCmd())
	return cmd
}
