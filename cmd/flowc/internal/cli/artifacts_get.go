package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/fetch"
	"github.com/flowc-dev/flowc/runs"
)

func (a *app) artifactsGetCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get RUN/STEP/ARTIFACT | RUN/STEP[PATH]/ARTIFACT | RUN/EXPORT",
		Short: "Print an artifact, or write it to a file",
		Long: `Prints a value as JSON and a file as its bytes. What a foreach gathers is a list.

With -o it is written to a file; a folder becomes a folder, and so does a list
of files, with one file for each item (00000.csv, 00001.csv).`,
		Example: "  flowc artifacts get latest/pick/score\n  flowc artifacts get latest/train[2]/model -o model.json\n  flowc artifacts get latest/train/model -o models",
		Args:    args(1, 1, "one address, like latest/pick/score"),
	}
	storeURL := storeFlag(cmd)
	a.completeRuns(cmd, storeURL, 3)
	path := cmd.Flags().StringP("output", "o", "-", "`FILE` to write to; - is standard output")
	force := cmd.Flags().Bool("force", false, "overwrite a file that is there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		s, err := a.openStore(ctx, *storeURL)
		if err != nil {
			return err
		}
		reader := runs.New(s)
		addr, id, err := find(ctx, reader, args[0])
		if err != nil {
			return err
		}
		v, err := reader.Get(ctx, id, addr)
		if err != nil {
			return err
		}
		if *path != "-" {
			return fetch.Save(ctx, s, v.Type, v.Value, *path, *force)
		}
		err = fetch.Print(ctx, s, v.Type, v.Value, a.stdout, terminal(a.stdout) != nil)
		if errors.Is(err, fetch.ErrBinary) || errors.Is(err, fetch.ErrFolder) {
			return hint(fmt.Errorf("%s: %w", args[0], err), "write it to the disk with -o")
		}
		return err
	}
	return cmd
}
