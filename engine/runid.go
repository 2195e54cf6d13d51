package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
)

// NewRunID makes the id of a run that starts at a time: sorted by time, with
// four random characters, like 20261122-193000-x7f2.
func NewRunID(at time.Time) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var b [4]byte
	rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return at.UTC().Format("20060102-150405") + "-" + string(b[:])
}

func checkRunID(id string) error {
	switch {
	case !record.IsRunID(id):
		return fmt.Errorf("%q can't be the id of a run: use up to %d of a-z, 0-9 and -, a letter or digit first", id, record.MaxRunID)
	case id == runs.Latest || id == runs.LatestSuccessful:
		return fmt.Errorf("%q can't be the id of a run: it stands for the newest one", id)
	}
	return nil
}

// taken tells whether the flow has a run of that id.
func (e *engine) taken(ctx context.Context, id string) (bool, error) {
	_, err := e.opt.Config.Store.Stat(ctx, record.Keys{Flow: e.flow.Flow, Run: id}.RunRecord())
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
