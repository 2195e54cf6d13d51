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

// look reads the run that an address names, or the part of it: one step's
// tasks, or one task. An artifact is no such part.
func look(ctx context.Context, r *runs.Reader, text string) (runs.Address, *runs.Run, error) {
	addr, id, err := find(ctx, r, text)
	if err != nil {
		return addr, nil, err
	}
	if addr.Artifact != "" {
		return addr, nil, usagef("flowc artifacts get "+text, "%s is an artifact, not a run, step or task", text)
	}
	run, err := r.Show(ctx, id, runs.ShowOptions{})
	if err != nil {
		return addr, nil, err
	}
	return addr, run, narrow(run, addr)
}
