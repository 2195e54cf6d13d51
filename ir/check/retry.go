package check

import (
	"fmt"
	"math"
	"time"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

const (
	// maxAttempts is the largest number that all targets count to.
	maxAttempts = 10
	maxDelay    = 24 * time.Hour
	maxBackoff  = 100
)

// retryKinds are the words of `for`, in the order of the bits of ir.RetryFor.
var retryKinds = []string{"error", "oom", "evicted", "timeout"}

func (c *checker) checkRetry(r *ast.Retry) {
	if r == nil {
		return
	}
	if n := r.Attempts; n.Span.Valid() && (n.Value < 1 || n.Value > maxAttempts) {
		d := c.diags.Error(diag.BadRetry, n.Span, fmt.Sprintf("`attempts` must be from 1 to %d", maxAttempts))
		if n.Value < 1 {
			d.Advise("attempts are counted in all: 1 is no retry")
		} else {
			d.Because("AWS Batch makes at most 10 attempts.")
		}
	}
	for _, x := range []struct {
		key   string
		delay ast.Duration
	}{{"delay", r.Delay}, {"max_delay", r.MaxDelay}} {
		if x.delay.Span.Valid() && (x.delay.Value < 0 || x.delay.Value > maxDelay) {
			c.diags.Error(diag.BadRetry, x.delay.Span, fmt.Sprintf("`%s` must be from 0s to 24h", x.key))
		}
	}
	if r.MaxDelay.Span.Valid() && r.MaxDelay.Value < r.Delay.Value {
		c.diags.Error(diag.BadRetry, r.MaxDelay.Span, "`max_delay` is shorter than `delay`").
			See(r.Delay.Span, "the delay")
	}
	if b := r.Backoff; b.Span.Valid() && (math.IsNaN(b.Value) || b.Value < 1 || b.Value > maxBackoff) {
		c.diags.Error(diag.BadRetry, b.Span, fmt.Sprintf("`backoff` must be from 1 to %d", maxBackoff)).
			Because("Each delay is the one before times `backoff`: 1 keeps it, 2 doubles it.")
	}
	for _, word := range r.For {
		if word.Value == "" || retryBit(word.Value) != 0 {
			continue
		}
		d := c.diags.Error(diag.BadRetry, word.Span, fmt.Sprintf("`%s` is no kind of failure", clip(word.Value)))
		if better, ok := diag.Suggest(word.Value, retryKinds); ok {
			c.spell(d, word.Span, word.Value, better, "did you mean `"+better+"`?")
		} else {
			d.Advise("name some of error, oom, evicted, timeout")
		}
	}
}

func retryBit(word string) ir.RetryFor {
	for i, kind := range retryKinds {
		if kind == word {
			return 1 << i
		}
	}
	return 0
}

func mergeRetry(own, def *ast.Retry) *ast.Retry {
	if own == nil || def == nil {
		if own == nil {
			return def
		}
		return own
	}
	out := *own
	out.Attempts = pickInt(own.Attempts, def.Attempts)
	if !own.Delay.Span.Valid() {
		out.Delay = def.Delay
	}
	if !own.MaxDelay.Span.Valid() {
		out.MaxDelay = def.MaxDelay
	}
	if !own.Backoff.Span.Valid() {
		out.Backoff = def.Backoff
	}
	if own.For == nil {
		out.For = def.For
	}
	return &out
}

func retryOf(r *ast.Retry) ir.Retry {
	out := ir.Retry{Attempts: 1, Backoff: 1, For: ir.RetryAll}
	if r == nil {
		return out
	}
	if r.Attempts.Span.Valid() {
		out.Attempts = int(max(1, min(r.Attempts.Value, maxAttempts)))
	}
	if r.Backoff.Span.Valid() && r.Backoff.Value >= 1 {
		out.Backoff = r.Backoff.Value
	}
	out.Delay, out.MaxDelay = r.Delay.Value, r.MaxDelay.Value
	if len(r.For) > 0 {
		out.For = 0
		for _, word := range r.For {
			out.For |= retryBit(word.Value)
		}
	}
	return out
}
