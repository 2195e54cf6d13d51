package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/cmd/flowc/internal/calm"
	"github.com/flowc-dev/flowc/runs"
)

// followEvery is how often `runs logs --follow` looks.
const followEvery = time.Second

func (a *app) runsLogsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logs RUN | RUN/STEP | RUN/STEP[PATH]",
		Short: "Print what the tasks of a run printed",
		Long: `Prints logs in the order of the flow: of each task the last attempt, or all with
--all. Where there is more than one, a line in front says whose it is.`,
		Example: "  flowc runs logs latest/train[2]\n  flowc runs logs latest --follow",
		Args:    args(1, 1, "one address, like latest/train"),
	}
	storeURL := storeFlag(cmd)
	a.completeRuns(cmd, storeURL, 2)
	all := cmd.Flags().Bool("all", false, "all attempts of each task")
	follow := cmd.Flags().BoolP("follow", "f", false, "go on until the run has ended")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		reader, err := a.reader(ctx, *storeURL)
		if err != nil {
			return err
		}
		addr, id, err := find(ctx, reader, args[0])
		if err != nil {
			return err
		}
		if addr.Artifact != "" {
			return usagef("flowc artifacts get "+args[0], "artifacts have no logs")
		}
		sel := runs.LogSelect{Step: addr.Step, Path: addr.Path, Unit: addr.Unit, LastOnly: !*all}
		if *follow {
			return a.followLogs(ctx, reader, id, sel)
		}
		return a.printLogs(ctx, reader, id, sel)
	}
	return cmd
}

func (a *app) printLogs(ctx context.Context, reader *runs.Reader, id runs.ID, sel runs.LogSelect) error {
	logs, err := reader.Logs(ctx, id, sel)
	if err != nil {
		return err
	}
	if len(logs) == 0 {
		a.say("nothing was printed")
	}
	out := &endsLine{w: a.logOutput()}
	for _, l := range logs {
		if len(logs) > 1 {
			out.begin(l)
		}
		if err := reader.CopyLog(ctx, out, l); err != nil {
			return err
		}
	}
	return out.end()
}

func (a *app) followLogs(ctx context.Context, reader *runs.Reader, id runs.ID, sel runs.LogSelect) error {
	out := &endsLine{w: a.logOutput()}
	var last *runs.Log
	err := reader.FollowLogs(ctx, id, sel, followEvery, func(l *runs.Log, text io.Reader) error {
		if last == nil || last.Task() != l.Task() || last.Attempt != l.Attempt {
			out.begin(l)
		}
		last = l
		_, err := io.Copy(out, text)
		return err
	})
	if err != nil {
		return err
	}
	return out.end()
}

// logOutput is standard output; what tasks printed does not control a terminal.
func (a *app) logOutput() io.Writer {
	if terminal(a.stdout) != nil {
		return &calm.Writer{W: a.stdout}
	}
	return a.stdout
}

// endsLine keeps a log without a final line break from running into the next.
type endsLine struct {
	w    io.Writer
	open bool
	err  error
}

func (e *endsLine) Write(p []byte) (int, error) {
	if len(p) > 0 {
		e.open = p[len(p)-1] != '\n'
	}
	return e.w.Write(p)
}

func (e *endsLine) begin(l *runs.Log) {
	e.end()
	attempt := ""
	if l.Attempt > 1 {
		attempt = fmt.Sprintf(", attempt %d", l.Attempt)
	}
	_, e.err = fmt.Fprintf(e.w, "==> %s%s <==\n", l.Task(), attempt)
}

func (e *endsLine) end() error {
	if e.open && e.err == nil {
		_, e.err = io.WriteString(e.w, "\n")
	}
	e.open = false
	return e.err
}
