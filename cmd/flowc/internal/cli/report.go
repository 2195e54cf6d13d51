package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// report says how a run ended: to people on standard error, with the commands
// that say more; to programs, if they asked, as the document of `runs show`.
func (a *app) report(ctx context.Context, r *engine.Report, s store.Store, asJSON bool) error {
	reader := runs.New(s)
	id := runs.ID{Flow: r.Flow, Run: r.Run}
	flags := a.storeFlags(s)
	a.say("\n%s", a.headline(r))
	for _, again := range r.Again {
		a.say("  %s ran again: %s", again.Step, diag.Printable(again.Why))
	}
	if r.Status == record.Succeeded {
		if err := a.exports(ctx, reader, id, flags); err != nil {
			return err
		}
	} else {
		a.say("\n%s", strings.TrimRight(r.Explain(flags...), "\n"))
	}
	if asJSON {
		run, err := reader.Show(context.WithoutCancel(ctx), id, runs.ShowOptions{})
		if err != nil {
			return err
		}
		if err := a.json(run); err != nil {
			return err
		}
	}
	if r.Status != record.Succeeded {
		return status(exitNo)
	}
	return nil
}

// headline is the end of a run in one line.
func (a *app) headline(r *engine.Report) string {
	marks := map[record.RunStatus]string{record.Succeeded: "✓", record.Failed: "✗", record.Stopped: "■"}
	text := fmt.Sprintf("%s run %s %s after %s", marks[r.Status], r.Run, r.Status, duration(r.Ended.Sub(r.Started)))
	var counts []string
	for _, word := range slices.Sorted(maps.Keys(r.Counts)) {
		if n := r.Counts[word]; n > 0 {
			if word == "failed" && r.Status == record.Stopped {
				word = "not finished"
			}
			counts = append(counts, fmt.Sprintf("%d %s", n, word))
		}
	}
	if len(counts) > 0 {
		text += ": " + strings.Join(counts, ", ")
	}
	if a.color(a.stderr) {
		return "\x1b[1;" + statusColors[string(r.Status)] + "m" + text + "\x1b[0m"
	}
	return text
}

// maxExports is how many exports are shown after a run.
const maxExports = 12

// exports shows what the flow hands out, and how to get it.
func (a *app) exports(ctx context.Context, reader *runs.Reader, id runs.ID, flags []string) error {
	names, err := reader.Exports(ctx, id)
	if err != nil {
		return err
	}
	width := 0
	for _, name := range names[:min(len(names), maxExports)] {
		width = max(width, len(name))
	}
	for i, name := range names {
		if i == maxExports {
			a.say("  and %d more", len(names)-i)
			break
		}
		v, err := reader.Get(ctx, id, runs.Address{Run: id.Run, Step: name})
		if err != nil {
			return err
		}
		text, err := shortValue(v)
		if err != nil {
			return err
		}
		a.say("  %s%s  %s", name, strings.Repeat(" ", width-len(name)), diag.Cut(text, max(20, min(a.width(a.stderr), 100)-width-6)))
	}
	a.say("")
	a.say("what happened  %s", engine.Command(append([]string{"flowc", "runs", "show", id.Run}, flags...)...))
	a.say("what it left   %s", engine.Command(append([]string{"flowc", "artifacts", "list", id.Run}, flags...)...))
	if len(names) > 0 {
		a.say("get one        %s", engine.Command(append([]string{"flowc", "artifacts", "get", id.Run + "/" + names[0]}, flags...)...))
	}
	return nil
}

// shortValue is a value in a few words.
func shortValue(v *runs.Value) (string, error) {
	if b, ok := v.Blob(); ok {
		kind := types.Unopt(v.Type).String()
		return fmt.Sprintf("%s, %s", kind, size(b.Size)), nil
	}
	if list, ok := v.Value.([]any); ok && types.HasBlob(v.Type) {
		return fmt.Sprintf("%s, %d items", v.Type, len(list)), nil
	}
	text, err := v.JSON()
	if err != nil {
		return "", err
	}
	if !json.Valid(text) {
		return "", fmt.Errorf("artifact %s is no JSON", v.Name)
	}
	return string(text), nil
}

// storeFlags are the flags that later commands need to find the store from
// here: none if they find it by themselves.
func (a *app) storeFlags(s store.Store) []string {
	if a.getenv(storeEnv) != "" {
		return nil // their environment is ours
	}
	if near, err := nearestStore(); err == nil && samePath(near, s.URL()) {
		return nil
	}
	return []string{"--store", shortPath(s.URL())}
}
