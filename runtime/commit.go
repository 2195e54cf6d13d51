package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// commit writes the result of one item, unless another attempt was faster, and
// publishes what follows from the record that won, whosever it is.
func (j *job) commit(ctx context.Context, path record.Path, res *record.Result) (*record.Result, *failure) {
	won, mine, err := j.write(ctx, path, res)
	if err != nil {
		return nil, classify(ctx, "writing the result", err)
	}
	if mine {
		j.writeCache(ctx, path, won)
	}
	return won, j.publish(ctx, path, won, mine)
}

// write creates the result, and returns the one that is there afterwards.
func (j *job) write(ctx context.Context, path record.Path, res *record.Result) (won *record.Result, mine bool, err error) {
	key := j.keys.Result(j.step.Step, path)
	for try := 0; ; try++ {
		err := store.PutJSON(ctx, j.cfg.Store, key, *res)
		if err == nil {
			return res, true, nil
		}
		// Whatever the reply was, the record may be there: ours, where the reply
		// to the first of two requests was lost, or that of another attempt.
		there, readErr := store.GetJSON[record.Result](ctx, j.cfg.Store, key)
		switch {
		case readErr == nil:
			return &there, there.Nonce == res.Nonce, nil
		case !errors.Is(readErr, store.ErrNotFound):
			return nil, false, readErr
		case try == 2 || !isStoreError(err):
			return nil, false, err
		}
		select {
		case <-time.After(time.Duration(try+1) * 100 * time.Millisecond):
		case <-ctx.Done():
			return nil, false, err
		}
	}
}

// publish derives everything that others look at from a winning record. It may
// be repeated at any time by anybody, and always writes the same.
func (j *job) publish(ctx context.Context, path record.Path, won *record.Result, mine bool) *failure {
	if won.Status == record.Caught && !j.step.Catch && len(j.step.Scopes) > 0 {
		s := j.step.Scopes[0]
		e := *won.Error
		e.Step, e.Path = j.step.Step, path.String()
		key := j.keys.Scope(s.Node, path.Prefix(s.Depth))
		if err := ignoreExists(store.PutJSON(ctx, j.cfg.Store, key, record.Scope{Error: e})); err != nil {
			return classify(ctx, "marking the failed scope", err)
		}
	}
	if len(won.Control) == 0 {
		return nil
	}
	if f := j.publishItems(ctx, path, won, mine); f != nil {
		return f
	}
	if f := j.publishEnds(ctx, path, won); f != nil {
		return f
	}
	return j.publishTokens(ctx, path, won)
}

// ignoreExists is for objects that every attempt derives alike.
func ignoreExists(err error) error {
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// publishEnds says how many iterations a loop had that ends here.
func (j *job) publishEnds(ctx context.Context, path record.Path, won *record.Result) *failure {
	for i := range j.step.Decides {
		d := &j.step.Decides[i]
		c, ok := won.Control[d.Node]
		if !ok || c.Again == nil || *c.Again {
			continue
		}
		level := j.level(d.Node)
		if level < 0 {
			continue
		}
		ends := record.Ends{Iterations: path[level] + 1}
		key := j.keys.Ends(d.Node, path.Prefix(level))
		if err := ignoreExists(store.PutJSON(ctx, j.cfg.Store, key, ends)); err != nil {
			return classify(ctx, "saying that the loop has ended", err)
		}
	}
	return nil
}

// level is the position in the path of the index that belongs to a foreach or loop, or -1.
func (j *job) level(node string) int {
	for i, name := range j.step.Levels {
		if name == node {
			return i
		}
	}
	return -1
}

// sealAll gives every pending item the result that says that it has failed for
// good, in a catch scope, without running anything: the attempts are used up,
// or one of them said that no other makes sense.
func (j *job) sealAll(ctx context.Context, its *items, pending []int) Outcome {
	cause := lostError(j.step.Step, j.unit, j.claimed.prior)
	if j.claimed.last != nil {
		cause = j.claimed.last.TaskError
	}
	for _, i := range pending {
		path := its.paths[i]
		var f *failure
		if its.results[i], f = j.commit(ctx, path, j.sealed(ctx, path, cause)); f != nil {
			return j.gaveUp(f)
		}
	}
	return j.finish(ctx, its, true)
}

func lostError(step, unit string, attempts int) record.TaskError {
	return record.TaskError{Kind: kindLost, Message: fmt.Sprintf("%s[%s] was killed without a word, in the last of %d attempts", step, unit, attempts)}
}

// sealed makes the result of an item that has failed for good.
func (j *job) sealed(ctx context.Context, path record.Path, cause record.TaskError) *record.Result {
	cause.Step, cause.Path = "", ""
	now := time.Now().UTC()
	res := &record.Result{
		V: record.Version, Status: record.Caught, Nonce: j.claimed.nonce, Attempt: j.claimed.k,
		Started: now, Ended: now, Contract: j.digest, Error: &cause,
	}
	if f := j.decide(ctx, path, res); f != nil {
		res.Control = j.neutral() // it has failed already; this must not
	}
	return res
}

// sealOther seals a task that this one reads, if its attempts are used up and
// it has left no result: so a straggler that still ends can't make two readers
// see different things. It reports whether there is a result now.
func (c *Config) sealOther(ctx context.Context, step string, path record.Path) (bool, error) {
	contract, _, err := c.Plan.Step(ctx, step)
	if err != nil {
		return false, err
	}
	at := path
	if contract.Batch > 1 {
		at = path.Prefix(len(path) - 1).Append(path[len(path)-1] / contract.Batch)
	}
	j, f := newJob(ctx, c, Task{Step: step, Path: at})
	if f != nil {
		return false, f
	}
	if !caught(j.step) {
		return false, nil
	}
	// Claims are numbered from 0, but a pod that never started leaves a gap.
	claims, gap := 0, 0
	var last *record.Fail
	for k := 0; gap < claimGap; k++ {
		there, err := j.isClaimed(ctx, k)
		if err != nil {
			return false, err
		}
		if !there {
			gap++
			continue
		}
		claims, gap = claims+1, 0
		rec, err := store.GetJSON[record.Fail](ctx, c.Store, j.keys.Fail(step, j.unit, k))
		switch {
		case err == nil:
			last = &rec
		case errors.Is(err, store.ErrNotFound):
			last = nil
		default:
			return false, err
		}
	}
	if claims < budget(j.step) && (last == nil || !last.Final) {
		return false, nil
	}
	cause := lostError(step, j.unit, claims)
	if last != nil {
		cause = last.TaskError
	}
	j.claimed = claimed{nonce: nonce(), k: claims, prior: claims}
	_, f = j.commit(ctx, path, j.sealed(ctx, path, cause))
	if f != nil {
		return false, f
	}
	return true, nil
}
