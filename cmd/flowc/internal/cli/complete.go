package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/runs"
)

// completeRuns offers addresses for the first argument: runs, behind a run its
// steps, behind a step its artifacts, as deep as levels says.
func (a *app) completeRuns(cmd *cobra.Command, storeURL *string, levels int) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		reader, err := a.reader(cmd.Context(), *storeURL)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		parts := strings.Split(typed, "/")
		words := offers(cmd.Context(), reader, parts)
		directive := cobra.ShellCompDirectiveNoFileComp
		if len(parts) < levels {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return words, directive
	}
}

// maxOffers is how many runs are offered.
const maxOffers = 30

// offers lists what may stand where the last part is.
func offers(ctx context.Context, reader *runs.Reader, parts []string) []string {
	if len(parts) == 1 {
		list, err := reader.List(ctx, runs.ListOptions{Limit: maxOffers})
		if err != nil || len(list) == 0 {
			return nil
		}
		words := []string{runs.Latest + "\tthe newest run"}
		for _, e := range list {
			words = append(words, e.Run+"\t"+e.Flow+", "+string(e.Status)+", "+clock(e.Started))
		}
		return words
	}
	addr, err := runs.ParseAddress(strings.Join(parts[:len(parts)-1], "/"))
	if err != nil {
		return nil
	}
	id, err := reader.Find(ctx, addr)
	if err != nil {
		return nil
	}
	state, err := reader.State(ctx, id)
	if err != nil || state.Plan == nil {
		return nil
	}
	before := strings.Join(parts[:len(parts)-1], "/") + "/"
	var words []string
	switch len(parts) {
	case 2:
		for _, c := range state.Plan.Flow.Contracts {
			words = append(words, before+c.Step)
		}
	case 3:
		c, err := reader.Contract(ctx, state.Plan, addr.Step)
		if err != nil || c == nil {
			return nil
		}
		for _, o := range c.Outputs {
			words = append(words, before+o.Name+"\t"+o.Type)
		}
	}
	return words
}
