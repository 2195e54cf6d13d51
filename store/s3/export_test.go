package s3

import (
	"context"
	"net/url"
	"time"
)

// Tuning is what tests make smaller. Zero values leave the default.
type Tuning struct {
	Part              int64
	Parts             int64
	Buffers, Transfer int
	Attempts          int
	Idle              time.Duration
}

// OpenTuned opens a store that doesn't wait long before it tries again.
func OpenTuned(ctx context.Context, u *url.URL, tune Tuning) (*Store, error) {
	t := defaults
	t.pause, t.maxPause = time.Millisecond, 5*time.Millisecond
	if tune.Part > 0 {
		t.part = tune.Part
	}
	if tune.Parts > 0 {
		t.parts = tune.Parts
	}
	if tune.Buffers > 0 {
		t.buffers = tune.Buffers
	}
	if tune.Transfer > 0 {
		t.transfer = tune.Transfer
	}
	if tune.Attempts > 0 {
		t.attempts = tune.Attempts
	}
	if tune.Idle > 0 {
		t.idle = tune.Idle
	}
	return open(ctx, u, t)
}

// PartSize is the size of the parts of an object, by default.
func PartSize(size int64) int64 { return defaults.partSize(size) }
