package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
)

// Kinds of failure, as record.TaskError has them. The first four are those that
// a retry policy names.
const (
	kindError   = "error"   // the command failed
	kindOOM     = "oom"     // the kernel killed it for memory
	kindTimeout = "timeout" // it ran longer than it may
	kindEvicted = "evicted" // it was stopped from outside
	kindInput   = "input"   // what it needs is not there or does not fit
	kindOutput  = "output"  // what it left does not fit
	kindExpr    = "expr"    // an expression could not be evaluated
	kindLoop    = "loop"    // a loop reached its bound
	kindLost    = "lost"    // it was killed without a word
	kindStore   = "store"   // the store could not be read or written
)

// failure is why a task, or one item of a batch, has no result.
type failure struct {
	record.TaskError
	final   bool // no other attempt makes sense
	stopped bool // the context was cancelled: the attempt says nothing about the task
	err     error
}

func (f *failure) Error() string { return f.Message }
func (f *failure) Unwrap() error { return f.err }

// fail makes a failure that another attempt would only repeat.
func fail(kind, format string, args ...any) *failure {
	return &failure{TaskError: record.TaskError{Kind: kind, Message: fmt.Sprintf(format, args...)}, final: true}
}

// classify turns an error of resolving, deciding or the store into a failure.
// doing says what was being done.
func classify(ctx context.Context, doing string, err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	message := err.Error()
	if doing != "" {
		message = doing + ": " + message
	}
	out := &failure{TaskError: record.TaskError{Kind: kindInput, Message: message}, final: true, err: err}
	var loop *control.LoopError
	var evaluation *expr.Error
	switch {
	case ctx.Err() != nil:
		out.Kind, out.final, out.stopped = kindEvicted, false, true
	case isStoreError(err):
		out.Kind, out.final = kindStore, false
	case errors.As(err, &loop):
		out.Kind = kindLoop
	case errors.As(err, &evaluation) && evaluation.Kind != expr.BadReference:
		out.Kind = kindExpr
	}
	return out
}

// retryable reports whether the step's policy allows another attempt after a
// failure of that kind, be there attempts left or not.
func retryable(s *contract.Step, kind string) bool {
	switch kind {
	case kindStore, kindLost:
		return true
	case kindError, kindOOM, kindTimeout, kindEvicted:
		return s.Retry == nil || len(s.Retry.For) == 0 || slices.Contains(s.Retry.For, kind)
	}
	return false
}

// budget is how many attempts a step has.
func budget(s *contract.Step) int {
	if s.Retry == nil {
		return 1
	}
	return max(s.Retry.Attempts, 1)
}

// caught reports whether somebody takes the failure of a step's task.
func caught(s *contract.Step) bool { return s.Catch || len(s.Scopes) > 0 }
