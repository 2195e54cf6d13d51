package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
)

func (a *app) runsShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show RUN | RUN/STEP | RUN/STEP[PATH]",
		Short: "Show what became of a run, a step or a task",
		Long: `Shows a run with its params and steps; or the tasks of one step; or one task with
what it left.

With -o json the document is {flow, run, status, origin, params, started,
finished, steps: [{step, tasks: [{path, status, attempts, reused, artifacts:
{name: {type, size, digest}}}]}]}; a status is running, succeeded, failed or
stopped.`,
		Example: "  flowc runs show latest\n  flowc runs show churn@latest/train\n  flowc runs show 20261122-193000-x7f2 -o json",
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
		addr, run, err := look(ctx, reader, args[0])
		if err != nil {
			return err
		}
		switch {
		case out.value == "json":
			return a.json(run)
		case addr.Step != "":
			return a.showTasks(run, func(task runs.Task) string { return whyCaught(ctx, reader, run.ID, addr.Step, task) })
		}
		return a.showRun(run)
	}
	return cmd
}

// narrow keeps what an address is about.
func narrow(run *runs.Run, addr runs.Address) error {
	if addr.Step == "" {
		return nil
	}
	step := run.Step(addr.Step)
	if step == nil {
		if run.Plan == nil || !hasStep(run.Plan.Flow, addr.Step) {
			return fmt.Errorf("%w: run %s has no step %s", runs.ErrNotFound, run.ID.Run, addr.Step)
		}
		step = &runs.Step{Step: addr.Step}
	}
	kept := *step
	if addr.Path != nil {
		kept.Tasks = slices.DeleteFunc(slices.Clone(step.Tasks), func(t runs.Task) bool { return t.Path != addr.Path.String() })
		if len(kept.Tasks) == 0 {
			return fmt.Errorf("%w: step %s of run %s has no task [%s]", runs.ErrNotFound, addr.Step, run.ID.Run, addr.Path)
		}
	}
	run.Steps = []runs.Step{kept}
	return nil
}

// maxParam is the columns that the value of a param is shown in.
const maxParam = 100

// showRun prints a run as a whole.
func (a *app) showRun(run *runs.Run) error {
	facts := []fact{
		{"run", cell{text: fmt.Sprintf("%s of flow %s", run.ID.Run, run.Flow)}},
		{"status", cell{string(run.Status) + since(run), statusColors[string(run.Status)]}},
		{"started", cell{text: clock(run.Started)}},
	}
	if run.Origin != "" {
		facts = append(facts, fact{"resumes", cell{text: run.Origin}})
	}
	for _, name := range slices.Sorted(maps.Keys(run.Params)) {
		facts = append(facts, fact{"param", cell{text: name + " = " + diag.Cut(string(run.Params[name]), maxParam)}})
	}
	if e := run.Error; e != nil {
		facts = append(facts, fact{"error", cell{failedTask(e) + e.Message, "31"}})
	}
	if err := a.facts(facts); err != nil {
		return err
	}
	if len(run.Steps) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	t := &table{head: []string{"STEP", "TASKS", "STATUS", "TIME"}}
	for _, s := range run.Steps {
		t.row(cell{text: s.Step}, cell{text: fmt.Sprint(len(s.Tasks))}, statuses(s.Tasks), cell{text: stepTime(s.Tasks)})
	}
	return a.print(t)
}

func failedTask(e *record.TaskError) string {
	if e.Step == "" {
		return ""
	}
	if e.Path == "" || e.Path == record.Root {
		return e.Step + ": "
	}
	return e.Step + "[" + e.Path + "]: "
}

// since says how long a run took, or how it stands.
func since(run *runs.Run) string {
	if !run.Finished.IsZero() {
		return ", after " + duration(run.Finished.Sub(run.Started))
	}
	return ", no news since " + clock(run.News)
}

// statuses counts tasks by status, the most frequent first.
func statuses(tasks []runs.Task) cell {
	counts := map[string]int{}
	for _, t := range tasks {
		counts[taskStatus(t)]++
	}
	words := slices.SortedFunc(maps.Keys(counts), func(x, y string) int {
		return cmp.Or(counts[y]-counts[x], strings.Compare(x, y))
	})
	if len(words) == 1 {
		return statusCell(words[0])
	}
	var c cell
	for i, w := range words {
		if c.style == "" || w == string(record.Failed) {
			c.style = statusColors[w]
		}
		words[i] = fmt.Sprintf("%d %s", counts[w], w)
	}
	c.text = strings.Join(words, ", ")
	return c
}

func taskStatus(t runs.Task) string {
	if t.Reused && t.Status == string(record.OK) {
		return "reused"
	}
	return t.Status
}

// stepTime is the time from the start of the first task to the end of the last.
func stepTime(tasks []runs.Task) string {
	var first, last time.Time
	for _, t := range tasks {
		if t.Reused || t.Started.IsZero() {
			continue
		}
		if first.IsZero() || t.Started.Before(first) {
			first = t.Started
		}
		if t.Ended.After(last) {
			last = t.Ended
		}
	}
	if first.IsZero() || last.Before(first) {
		return ""
	}
	return duration(last.Sub(first))
}

func hasStep(flow *contract.Flow, name string) bool {
	return slices.ContainsFunc(flow.Contracts, func(c contract.Named) bool { return c.Step == name })
}

// whyCaught says why a task was caught; a summary does not hold it. It is ""
// where that can't be found out.
func whyCaught(ctx context.Context, r *runs.Reader, id runs.ID, step string, task runs.Task) string {
	path, err := record.ParsePath(task.Path)
	if err != nil || task.Status != string(record.Caught) {
		return ""
	}
	v, err := r.Get(ctx, id, runs.Address{Run: id.Run, Step: step, Path: path, Artifact: "error"})
	if err != nil {
		return ""
	}
	fields, _ := v.Value.(map[string]any)
	message, _ := fields["message"].(string)
	return message
}

// showTasks prints the tasks of one step, one a line.
func (a *app) showTasks(run *runs.Run, caught func(runs.Task) string) error {
	t := &table{head: []string{"TASK", "STATUS", "ATTEMPTS", "TIME", "ARTIFACTS"}}
	for _, s := range run.Steps {
		for _, task := range s.Tasks {
			took := ""
			if !task.Started.IsZero() && !task.Ended.IsZero() {
				took = duration(task.Ended.Sub(task.Started))
			}
			what := strings.Join(slices.Sorted(maps.Keys(task.Artifacts)), ", ")
			if task.Error != nil {
				what = task.Error.Message
			} else if why := caught(task); why != "" {
				what = why
			}
			t.row(cell{text: taskAddress(s.Step, task.Path)}, statusCell(taskStatus(task)),
				cell{text: fmt.Sprint(task.Attempts)}, cell{text: took}, cell{text: what})
		}
	}
	if len(t.rows) == 0 {
		a.say("no task of it has begun")
		return nil
	}
	return a.print(t)
}

func taskAddress(step, path string) string {
	if path == "" || path == record.Root {
		return step
	}
	return step + "[" + path + "]"
}
