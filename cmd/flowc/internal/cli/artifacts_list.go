package cli

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/runs"
)

// artifactEntry is one line of `flowc artifacts list -o json`.
type artifactEntry struct {
	Address string `json:"address"`
	Step    string `json:"step"`
	Path    string `json:"path"`
	Name    string `json:"name"`
	runs.Artifact
}

func (a *app) artifactsListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list RUN | RUN/STEP | RUN/STEP[PATH]",
		Short: "List the artifacts of a run, a step or a task",
		Long: `Lists what tasks left, each with the address that gets it.

With -o json the document is a list of {address, step, path, name, type, size,
digest}.`,
		Example: "  flowc artifacts list latest\n  flowc artifacts list latest/train -o json",
		Args:    args(1, 1, "one address, like latest"),
	}
	storeURL := storeFlag(cmd)
	a.completeRuns(cmd, storeURL, 2)
	out := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		reader, err := a.reader(ctx, *storeURL)
		if err != nil {
			return err
		}
		_, run, err := look(ctx, reader, args[0])
		if err != nil {
			return err
		}
		list := artifactsOf(run)
		if out.value == "json" {
			return a.json(list)
		}
		if len(list) == 0 {
			a.say("nothing was left yet")
			return nil
		}
		t := &table{head: []string{"ADDRESS", "TYPE", "SIZE", "DIGEST"}}
		for _, e := range list {
			t.row(plain(e.Address, e.Type, size(e.Size), e.Digest[:min(12, len(e.Digest))])...)
		}
		return a.print(t)
	}
	return cmd
}

func artifactsOf(run *runs.Run) []artifactEntry {
	list := []artifactEntry{}
	for _, s := range run.Steps {
		for _, task := range s.Tasks {
			for _, name := range slices.Sorted(maps.Keys(task.Artifacts)) {
				list = append(list, artifactEntry{
					Address: run.ID.Run + "/" + taskAddress(s.Step, task.Path) + "/" + name,
					Step:    s.Step, Path: task.Path, Name: name, Artifact: task.Artifacts[name],
				})
			}
		}
	}
	return list
}
