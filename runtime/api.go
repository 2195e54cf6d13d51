package runtime

import (
	"context"
	"errors"

	"github.com/flowc-dev/flowc/record"
)

type shared struct{}

var errNotYet = errors.New("not implemented in this revision")

// Run does one task and never panics on what it reads.
func Run(ctx context.Context, cfg *Config, task Task) Outcome { return Outcome{Exit: 70, Err: errNotYet} }

// Init validates the params and writes run.json, the entry in the index of
// runs, and what init decides. It may be repeated and raced: all get the same
// record. The result is never nil; it is stored only if init decides anything.
func Init(ctx context.Context, cfg *Config, in InitInput) (*record.Run, *record.Result, error) {
	return nil, nil, errNotYet
}

// Finish writes the run's end: end.json, its index entry, and the summary of each step.
func Finish(ctx context.Context, cfg *Config, status record.RunStatus, first *record.TaskError) error {
	return errNotYet
}
