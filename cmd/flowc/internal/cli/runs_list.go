package cli

import (
	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/runs"
)

func (a *app) runsListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list [FLOW]",
		Short:   "List runs, the newest first",
		Example: "  flowc runs list\n  flowc runs list churn --limit 0 -o json",
		Args:    args(0, 1, "one flow"),
	}
	storeURL := storeFlag(cmd)
	limit := cmd.Flags().IntP("limit", "n", 20, "at most `N` runs; 0 is all")
	out := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *limit < 0 {
			return usagef("", "--limit must not be negative")
		}
		reader, err := a.reader(cmd.Context(), *storeURL)
		if err != nil {
			return err
		}
		opt := runs.ListOptions{Limit: *limit}
		if len(args) == 1 {
			opt.Flow = args[0]
		}
		list, err := reader.List(cmd.Context(), opt)
		if err != nil {
			return err
		}
		if out.value == "json" {
			if list == nil {
				list = []runs.Entry{}
			}
			return a.json(list)
		}
		if len(list) == 0 {
			a.say("no runs yet")
			return nil
		}
		t := &table{head: []string{"FLOW", "RUN", "STATUS", "STARTED"}}
		for _, e := range list {
			t.row(cell{text: e.Flow}, cell{text: e.Run}, statusCell(string(e.Status)), cell{text: clock(e.Started)})
		}
		return a.print(t)
	}
	return cmd
}
