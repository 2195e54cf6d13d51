package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/record"
)

// Address is what people write to name a run, or something in it:
//
//	RUN                       a whole run
//	RUN/STEP                  a step, a block, or one of the flow's own exports
//	RUN/STEP/ARTIFACT         an artifact; of a step in a foreach the list of all
//	RUN/STEP[3.0]             one task
//	RUN/STEP[3.0]/ARTIFACT    its artifact
//	RUN/STEP[b3]              one container of a foreach in batches, for its log
//
// RUN is an id or the beginning of one that is unique, `latest`, or
// `latest_successful`; FLOW@RUN looks among the runs of one flow only.
type Address struct {
	Flow     string      // "" if it was not said
	Run      string      // as written
	Step     string      // "" for a whole run
	Path     record.Path // nil if it was not said
	Unit     string      // of a container, instead of Path; "" if it was not said
	Artifact string      // "" if it was not said
}

// Words that stand for a run.
const (
	Latest           = "latest"
	LatestSuccessful = "latest_successful"
)

const maxAddress = 1000

// ParseAddress reads an address.
func ParseAddress(text string) (Address, error) {
	a, err := parseAddress(text)
	if err != nil {
		return Address{}, fmt.Errorf("malformed address %s: %w", quote(text), err)
	}
	return a, nil
}

func parseAddress(text string) (a Address, err error) {
	if text == "" {
		return a, errors.New("it is empty; name a run, or `latest`")
	}
	if len(text) > maxAddress {
		return a, errors.New("it is too long")
	}
	parts := strings.Split(text, "/")
	if len(parts) > 3 {
		return a, errors.New("it has more parts than RUN/STEP[3.0]/ARTIFACT")
	}
	run := parts[0]
	if flow, rest, ok := strings.Cut(run, "@"); ok {
		a.Flow, run = flow, rest
		if !isName(flow) {
			return a, fmt.Errorf("%s before the @ is no name of a flow", quote(flow))
		}
	}
	a.Run = run
	if run != Latest && run != LatestSuccessful && !record.IsRunID(run) {
		switch {
		case run == "":
			return a, errors.New("it names no run; `latest` stands for the newest")
		case strings.ContainsRune(run, '['):
			return a, errors.New("it begins with a step; write RUN/STEP[3.0], for example latest/" + text)
		}
		return a, fmt.Errorf("%s is no id of a run (a-z, 0-9 and -), nor `latest`", quote(run))
	}
	if len(parts) == 1 {
		return a, nil
	}
	step, index, hasIndex := strings.Cut(parts[1], "[")
	if !isName(step) {
		return a, fmt.Errorf("%s is no name of a step", quote(step))
	}
	a.Step = step
	if hasIndex {
		inner, closed := strings.CutSuffix(index, "]")
		if !closed {
			return a, errors.New("a ] is missing behind the index")
		}
		if _, _, isBatch := record.ParseBatchUnit(inner); isBatch {
			a.Unit = inner
		} else if a.Path, err = record.ParsePath(inner); err != nil {
			return a, err
		}
	}
	if len(parts) == 3 {
		if !isName(parts[2]) {
			return a, fmt.Errorf("%s is no name of an artifact", quote(parts[2]))
		}
		if a.Unit != "" {
			return a, errors.New("a container of a batch has no artifacts, only its items have")
		}
		a.Artifact = parts[2]
	}
	return a, nil
}

// String is the address as one would write it.
func (a Address) String() string {
	var b strings.Builder
	if a.Flow != "" {
		b.WriteString(a.Flow + "@")
	}
	b.WriteString(a.Run)
	if a.Step != "" {
		b.WriteString("/" + a.Step)
		if a.Path != nil {
			b.WriteString("[" + a.Path.String() + "]")
		} else if a.Unit != "" {
			b.WriteString("[" + a.Unit + "]")
		}
	}
	if a.Artifact != "" {
		b.WriteString("/" + a.Artifact)
	}
	return b.String()
}

// Find returns the run that an address means.
func (r *Reader) Find(ctx context.Context, a Address) (ID, error) {
	if a.Run == Latest || a.Run == LatestSuccessful {
		e, err := r.Latest(ctx, a.Flow, a.Run == LatestSuccessful)
		return ID{e.Flow, e.Run}, err
	}
	flows := []string{a.Flow}
	if a.Flow == "" {
		var err error
		if flows, err = r.folders(ctx, "runs/"); err != nil {
			return ID{}, err
		}
	}
	var found, exact []ID
	for _, flow := range flows {
		names, err := r.foldersLike(ctx, "runs/"+flow+"/", a.Run)
		if err != nil {
			return ID{}, err
		}
		for _, name := range names {
			found = append(found, ID{flow, name})
			if name == a.Run {
				exact = append(exact, ID{flow, name})
			}
		}
	}
	if len(exact) > 0 {
		found = exact
	}
	if len(exact) > 1 {
		return ID{}, fmt.Errorf("several flows have a run %s; write %s@%s or %s@%s",
			quote(a.Run), exact[0].Flow, a.Run, exact[1].Flow, a.Run)
	}
	switch len(found) {
	case 0:
		return ID{}, r.noSuchRun(ctx, a)
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, id := range found[:min(len(found), 5)] {
		ids = append(ids, id.Run)
	}
	more := ""
	if len(found) > len(ids) {
		more = fmt.Sprintf(" and %d more", len(found)-len(ids))
	}
	return ID{}, fmt.Errorf("%s stands for %d runs: %s%s; write more of the id", quote(a.Run), len(found), strings.Join(ids, ", "), more)
}

func (r *Reader) noSuchRun(ctx context.Context, a Address) error {
	list, err := r.List(ctx, ListOptions{Flow: a.Flow, Limit: 200})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return r.noRuns()
	}
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.Run
	}
	what := fmt.Sprintf("there is no run %s in the store %s", quote(a.Run), r.store.URL())
	if a.Flow != "" {
		what = fmt.Sprintf("flow %s has no run %s in the store %s", a.Flow, quote(a.Run), r.store.URL())
	}
	if slices.ContainsFunc(list, func(e Entry) bool { return e.Flow == a.Run }) {
		return missing("%s; %s is a flow: its newest run is %s@latest", what, a.Run, a.Run)
	}
	return unknown(what, a.Run, ids)
}

// unknown is an error about a name that is not among those there are.
func unknown(what, name string, names []string) error {
	if near, ok := diag.Suggest(name, names); ok {
		return missing("%s; did you mean %s?", what, near)
	}
	return missing("%s%s", what, listed(names))
}

// listed is "; there are: a, b, c", cut where it gets long.
func listed(names []string) string {
	const most = 12
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return "; there is only " + names[0]
	case len(names) > most:
		return fmt.Sprintf("; there are %s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return "; there are " + strings.Join(names, ", ")
}

// isName tells whether s can be the name of a flow, step or artifact. The
// language allows less.
func isName(s string) bool {
	return s != "" && len(s) <= 200 && s != "." && s != ".." &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
}

// quote prints text of others on one line, cut where it is long.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strconv.Quote(s)
}
