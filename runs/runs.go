// Package runs is the read model over a store: which flows and runs there are,
// what became of a run's tasks, what they left and what they printed. The
// command line, a page, a resume and a user's own program look through it.
//
// A run is looked up by an [Address], as people write it, and read from what
// the store has of it: for an ended run the summaries that its last task wrote,
// for one that runs or was killed a listing of its results and attempts.
// Nothing is kept and nothing is written; a [Reader] may be used by many at once.
//
// The store alone can't tell a run that goes on from one that was killed: both
// are [record.Running]. [Run.News] says when something was last heard.
package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"golang.org/x/sync/errgroup"
)

// ErrNotFound is wrapped by errors about a flow, run, step, task, artifact or
// log that is not there.
var ErrNotFound = errors.New("not found")

// absent is an error that wraps ErrNotFound and says it in its own words.
type absent string

func (e absent) Error() string { return string(e) }
func (e absent) Unwrap() error { return ErrNotFound }

func missing(format string, args ...any) error { return absent(fmt.Sprintf(format, args...)) }

// Reader reads one store.
type Reader struct{ store store.Store }

// New makes a Reader.
func New(s store.Store) *Reader { return &Reader{s} }

// parallel is how many objects are read at once.
const parallel = 64

// ID names a run.
type ID struct{ Flow, Run string }

func (id ID) keys() record.Keys { return record.Keys{Flow: id.Flow, Run: id.Run} }

// Entry is one line of a list of runs.
type Entry struct {
	Flow    string           `json:"flow"`
	Run     string           `json:"run"`
	Status  record.RunStatus `json:"status"`
	Started time.Time        `json:"started"`
}

// Flows returns the flows that have runs, by name. It costs one listing.
func (r *Reader) Flows(ctx context.Context) ([]string, error) {
	return r.folders(ctx, "index/")
}

// folders lists the names directly under a prefix that ends with "/".
func (r *Reader) folders(ctx context.Context, prefix string) ([]string, error) {
	return r.foldersLike(ctx, prefix, "")
}

// foldersLike lists the names directly under a prefix that begin with start.
func (r *Reader) foldersLike(ctx context.Context, prefix, start string) ([]string, error) {
	var out []string
	for info, err := range r.store.List(ctx, prefix+start, store.ListOptions{Shallow: true}) {
		if err != nil {
			return nil, err
		}
		if info.Prefix {
			out = append(out, strings.TrimSuffix(info.Key[len(prefix):], "/"))
		}
	}
	return out, nil
}

// ListOptions narrows List.
type ListOptions struct {
	Flow  string // "" is all flows
	Limit int    // at most so many, the newest; 0 is all
}

// List returns runs, the newest first. It costs two listings for each flow, and
// one more where the flow is not named.
func (r *Reader) List(ctx context.Context, opt ListOptions) ([]Entry, error) {
	flows := []string{opt.Flow}
	if opt.Flow == "" {
		var err error
		if flows, err = r.Flows(ctx); err != nil {
			return nil, err
		}
	}
	lists := make([][]Entry, len(flows))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, flow := range flows {
		g.Go(func() (err error) {
			lists[i], err = r.listFlow(gctx, flow, opt.Limit)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if len(lists) == 1 && len(lists[0]) == 0 && opt.Flow != "" {
		return nil, r.noSuchFlow(ctx, opt.Flow)
	}
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b Entry) int { return b.Started.Compare(a.Started) })
	if opt.Limit > 0 && len(all) > opt.Limit {
		all = all[:opt.Limit]
	}
	return all, nil
}

func (r *Reader) listFlow(ctx context.Context, flow string, limit int) ([]Entry, error) {
	var out []Entry
	for info, err := range r.store.List(ctx, record.RunIndexPrefix(flow), store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		run, started, ok := record.ParseRunIndex(flow, info.Key)
		if !ok {
			continue // not ours
		}
		out = append(out, Entry{flow, run, record.Running, started})
		if len(out) == limit {
			break
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	at := make(map[string]int, len(out))
	for i, e := range out {
		at[e.Run] = i
	}
	oldest := out[len(out)-1].Started
	for info, err := range r.store.List(ctx, record.EndIndexPrefix(flow), store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		run, started, status, ok := record.ParseEndIndex(flow, info.Key)
		if !ok {
			continue
		}
		if started.Before(oldest) {
			break // both indices begin with the newest
		}
		if i, ok := at[run]; ok {
			out[i].Status = status
		}
	}
	return out, nil
}

// Latest returns the newest run of a flow, or of all flows if flow is "". With
// successful it is the newest that succeeded.
func (r *Reader) Latest(ctx context.Context, flow string, successful bool) (Entry, error) {
	if !successful {
		list, err := r.List(ctx, ListOptions{Flow: flow, Limit: 1})
		if err != nil {
			return Entry{}, err
		}
		if len(list) == 0 {
			return Entry{}, r.noRuns()
		}
		return list[0], nil
	}
	flows := []string{flow}
	if flow == "" {
		var err error
		if flows, err = r.Flows(ctx); err != nil {
			return Entry{}, err
		}
	}
	var best Entry
	for _, flow := range flows {
		for info, err := range r.store.List(ctx, record.EndIndexPrefix(flow), store.ListOptions{}) {
			if err != nil {
				return Entry{}, err
			}
			run, started, status, ok := record.ParseEndIndex(flow, info.Key)
			if ok && status == record.Succeeded {
				if best.Run == "" || started.After(best.Started) {
					best = Entry{flow, run, status, started}
				}
				break
			}
		}
	}
	if best.Run != "" {
		return best, nil
	}
	if flow != "" {
		if _, err := r.List(ctx, ListOptions{Flow: flow, Limit: 1}); err != nil {
			return Entry{}, err
		}
		return Entry{}, missing("no run of flow %s has succeeded yet", flow)
	}
	return Entry{}, missing("no run in the store %s has succeeded yet", r.store.URL())
}

func (r *Reader) noRuns() error {
	return missing("there are no runs in the store %s", r.store.URL())
}

func (r *Reader) noSuchFlow(ctx context.Context, flow string) error {
	flows, err := r.Flows(ctx)
	if err != nil {
		return err
	}
	if len(flows) == 0 {
		return r.noRuns()
	}
	return unknown(fmt.Sprintf("there are no runs of a flow %q in the store %s", flow, r.store.URL()), flow, flows)
}
