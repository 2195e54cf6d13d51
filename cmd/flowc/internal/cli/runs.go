package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/runs"
)

func (a *app) runsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List runs, show one, read its logs",
		Args:  cobra.ArbitraryArgs,
		RunE:  a.group,
	}
	cmd.AddCommand(a.runsListCmd(), a.runsShowCmd(), a.runsLogsCmd())
	return cmd
}

// reader opens the store for looking at runs.
func (a *app) reader(ctx context.Context, flag string) (*runs.Reader, error) {
	s, err := a.openStore(ctx, flag)
	if err != nil {
		return nil, err
	}
	return runs.New(s), nil
}

// find reads an address and finds its run.
func find(ctx context.Context, r *runs.Reader, text string) (runs.Address, runs.ID, error) {
	addr, err := runs.ParseAddress(text)
	if err != nil {
		return addr, runs.ID{}, usagef("", "%v", err)
	}
	id, err := r.Find(ctx, addr)
	return addr, id, err
}
