package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/runs"
)

func (a *app) resumeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Do the rest of a run that failed or was stopped",
		Long: `Starts a new run that takes over what an earlier one has finished and does the
rest. The flow file is read again, so that a mistake in it can be mended first:
steps that were changed, those that read a param with another value now, those
named with --from, and all that come after them are run again.

Files of the code are not compared: a script that was mended serves the tasks
that still have to run; --from makes finished ones run again.

Exits with 0 if the run succeeded, 1 if the flow failed, 2 if it could not start.`,
		Example: "  flowc resume latest\n  flowc resume churn@latest --from train --param lr=0.05",
		Args:    args(1, 1, "one run, like latest"),
	}
	f := newRunFlags(cmd)
	storeURL := storeFlag(cmd)
	a.completeRuns(cmd, storeURL, 1)
	from := cmd.Flags().StringSlice("from", nil, "`STEP` to run again with all that comes after it, as often as needed")
	caught := cmd.Flags().Bool("retry-caught", false, "try again what failed and was caught")
	file := cmd.Flags().StringP("file", "f", "", "`FLOW` file, if it is elsewhere now")
	id := cmd.Flags().String("run-id", "", "`ID` of the new run (default: made from the time)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		s, err := a.openStore(ctx, *storeURL)
		if err != nil {
			return err
		}
		reader := runs.New(s)
		addr, origin, err := find(ctx, reader, args[0])
		if err != nil {
			return err
		}
		if addr.Step != "" {
			return usagef(fmt.Sprintf("flowc resume %s --from %s", origin.Run, addr.Step), "a run is resumed as a whole, not %s", args[0])
		}
		path := *file
		if path == "" {
			state, err := reader.State(ctx, origin)
			if err != nil {
				return err
			}
			if path, err = flowOf(sourceIn(state.Record.Source, s), origin); err != nil {
				return err
			}
		}
		r, err := a.compileOK(path)
		if err != nil {
			return err
		}
		opt, err := a.prepare(ctx, f, r, path, s)
		if err != nil {
			return err
		}
		opt.Run = *id
		opt.Resume = &engine.Resume{Run: origin, From: *from, RetryCaught: *caught}
		return a.execute(ctx, r.Plan.Doc, opt, f)
	}
	return cmd
}

// flowOf checks that the flow file of a run is still there.
func flowOf(path string, run runs.ID) (string, error) {
	if path == "" {
		return "", hint(fmt.Errorf("the record of run %s does not say where its flow file is", run.Run), "name it: --file FLOW")
	}
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("the flow file of run %s, %s, is not there any more", run.Run, path)
		}
		return "", hint(err, "name it: --file FLOW")
	}
	return path, nil
}
