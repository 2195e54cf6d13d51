package engine

import (
	"container/heap"
	"slices"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine/schedule"
	"github.com/flowc-dev/flowc/runtime"
)

// verdict says what follows from the exit of an attempt.
type verdict int

const (
	done  verdict = iota
	again         // another attempt after a while
	final         // failed for good
)

// judge decides whether a task is tried again, after its attempt number tries
// (from 1), and how long to wait before.
//
// The runtime has decided what makes sense, and says so by its exit code. In a
// catch scope everything but a final failure gets one attempt more than the
// budget, which runs no command but seals the result.
func judge(c *contract.Step, tries int, out *runtime.Outcome) (verdict, time.Duration) {
	if out.Exit == contract.ExitDone {
		return done, 0
	}
	budget := 1
	if c.Retry != nil {
		budget = max(budget, c.Retry.Attempts)
	}
	caught := c.Catch || len(c.Scopes) > 0
	switch {
	case out.Exit == contract.ExitFinal:
		return final, 0
	case tries < budget && (caught || out.Exit == contract.ExitAgain || retriesLost(c.Retry)):
		return again, runtime.RetryDelay(c.Retry, tries)
	case caught && tries <= budget:
		return again, 0 // the one that seals
	}
	return final, 0
}

// retriesLost tells whether attempts are repeated that ended from outside.
func retriesLost(r *contract.Retry) bool {
	return r != nil && (len(r.For) == 0 || slices.Contains(r.For, "evicted"))
}

// attempt is a task with the number of its attempts so far.
type attempt struct {
	schedule.Task
	tries int
	due   time.Time // of the next one
	seq   int
}

// waiting is a heap of tasks that wait for their next attempt: the one that is
// due first on top.
type waiting []*attempt

var _ heap.Interface = (*waiting)(nil)

func (w waiting) Len() int { return len(w) }

func (w waiting) Less(i, j int) bool {
	if c := w[i].due.Compare(w[j].due); c != 0 {
		return c < 0
	}
	return w[i].seq < w[j].seq
}

func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)   { *w = append(*w, x.(*attempt)) }

func (w *waiting) Pop() any {
	old := *w
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*w = old[:len(old)-1]
	return x
}
