package runs

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// Log is what one attempt of a task printed.
type Log struct {
	ID      // the run that it stands in: an earlier one for a task that was taken over
	Step    string
	Unit    string // the task's path, or a container of a batch ("b3")
	Attempt int    // from 1
	Size    int64  // bytes
	Last    time.Time
	chunks  []chunk
}

type chunk struct {
	key string
	n   int
}

// Task is how people write the task of the log: fit[3.0].
func (l *Log) Task() string {
	if l.Unit == record.Root {
		return l.Step
	}
	return l.Step + "[" + l.Unit + "]"
}

// LogSelect says whose logs are wanted.
type LogSelect struct {
	Step     string      // "" is all steps
	Path     record.Path // nil is all tasks
	Unit     string      // instead of Path: of a container of a batch, "b3"
	LastOnly bool        // of each task the last attempt only
}

// Logs finds logs, in the order of the flow, of paths and of attempts. It
// reads none of them. Of a step's tasks that were taken over it finds the logs
// in the runs that they come from.
func (r *Reader) Logs(ctx context.Context, id ID, sel LogSelect) ([]*Log, error) {
	rec, err := r.record(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := r.planIfThere(ctx, rec.Plan)
	if err != nil {
		return nil, err
	}
	unit := sel.Unit
	if sel.Path != nil {
		unit = unitOf(sel.Path, plan.batch(sel.Step))
	}
	if sel.Step != "" && plan != nil {
		pl, ok := plan.nodes[sel.Step]
		switch {
		case !ok:
			return nil, unknown(fmt.Sprintf("flow %s has no step %s", id.Flow, sel.Step), sel.Step, plan.names())
		case pl.step == nil:
			return nil, missing("%s is a %s; logs are those of the steps in it", sel.Step, pl.block.Kind)
		}
	}
	logs, err := r.logsOf(ctx, id, sel.Step, unit)
	if err != nil {
		return nil, err
	}
	if sel.Step != "" {
		parts, err := r.reused(ctx, id, &rec)
		if err != nil {
			return nil, err
		}
		for _, part := range parts[sel.Step] {
			if sel.Path != nil && !part.Paths.Contains(sel.Path) {
				continue
			}
			earlier, err := r.logsOf(ctx, ID{id.Flow, part.Run}, sel.Step, unit)
			if err != nil {
				return nil, err
			}
			for _, l := range earlier {
				if p, err := record.ParsePath(l.Unit); err != nil || part.Paths.Contains(p) {
					logs = append(logs, l)
				}
			}
		}
	}
	sortLogs(logs, plan)
	if sel.LastOnly {
		var last []*Log
		for i, l := range logs {
			if i+1 == len(logs) || !sameTask(l, logs[i+1]) {
				last = append(last, l)
			}
		}
		logs = last
	}
	return logs, nil
}

func sameTask(a, b *Log) bool { return a.ID == b.ID && a.Step == b.Step && a.Unit == b.Unit }

// logsOf lists the logs of one run.
func (r *Reader) logsOf(ctx context.Context, id ID, step, unit string) ([]*Log, error) {
	keys := id.keys()
	prefix := "runs/" + id.Flow + "/" + id.Run + "/logs/"
	if step != "" {
		prefix += step + "/"
	}
	if unit != "" {
		prefix = keys.LogPrefix(step, unit)
	}
	type name struct {
		step, unit string
		attempt    int
	}
	found := map[name]*Log{}
	var out []*Log
	for info, err := range r.store.List(ctx, prefix, store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		step, unit, k, n, ok := keys.ParseLog(info.Key)
		if !ok {
			continue
		}
		l := found[name{step, unit, k}]
		if l == nil {
			l = &Log{ID: id, Step: step, Unit: unit, Attempt: k + 1}
			found[name{step, unit, k}] = l
			out = append(out, l)
		}
		l.Size += info.Size
		l.Last = later(l.Last, info.Modified)
		l.chunks = append(l.chunks, chunk{info.Key, n})
	}
	for _, l := range out {
		slices.SortFunc(l.chunks, func(a, b chunk) int { return a.n - b.n })
	}
	return out, nil
}

func sortLogs(logs []*Log, plan *Plan) {
	place := map[string]int{}
	if plan != nil {
		for i, c := range plan.Flow.Contracts {
			place[c.Step] = i + 1
		}
	}
	slices.SortStableFunc(logs, func(a, b *Log) int {
		if c := place[a.Step] - place[b.Step]; c != 0 {
			return c
		}
		if c := strings.Compare(a.Step, b.Step); c != 0 {
			return c
		}
		if c := compareUnits(a.Unit, b.Unit); c != 0 {
			return c
		}
		if c := strings.Compare(a.Run, b.Run); c != 0 {
			return c
		}
		return a.Attempt - b.Attempt
	})
}

// CopyLog writes a whole log to w.
func (r *Reader) CopyLog(ctx context.Context, w io.Writer, l *Log) error {
	for _, c := range l.chunks {
		if err := r.copyChunk(ctx, w, c.key); err != nil {
			return err
		}
	}
	return nil
}

// Log writes what all attempts of one task printed to w.
func (r *Reader) Log(ctx context.Context, w io.Writer, id ID, step string, path record.Path) error {
	logs, err := r.Logs(ctx, id, LogSelect{Step: step, Path: path})
	if err != nil {
		return err
	}
	for _, l := range logs {
		if err := r.CopyLog(ctx, w, l); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) copyChunk(ctx context.Context, w io.Writer, key string) error {
	body, err := r.store.Get(ctx, key, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

// FollowLogs hands over chunks of logs as they come, until the run has ended
// or f returns an error. It looks every interval.
func (r *Reader) FollowLogs(ctx context.Context, id ID, sel LogSelect, every time.Duration, f func(l *Log, text io.Reader) error) error {
	seen := map[string]bool{}
	for {
		end, err := r.end(ctx, id) // before the logs, or the last ones would be missed
		if err != nil {
			return err
		}
		logs, err := r.Logs(ctx, id, sel)
		if err != nil {
			return err
		}
		for _, l := range logs {
			for _, c := range l.chunks {
				if seen[c.key] {
					continue
				}
				seen[c.key] = true
				body, err := r.store.Get(ctx, c.key, 0, -1)
				if err != nil {
					return err
				}
				err = f(l, body)
				body.Close()
				if err != nil {
					return err
				}
			}
		}
		if end != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
