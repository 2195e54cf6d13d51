package runtime

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// claimed is the place of this attempt among all.
type claimed struct {
	nonce string
	k     int          // number of the claim
	prior int          // claims made before it
	last  *record.Fail // how the one before it ended; nil if it was killed, or there is none
}

// nonce names one attempt among all that ever were.
func nonce() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// claim takes the first free number from hint upwards. The orchestrator's count
// is a hint only: it repeats after a redrive, and a pod that never started has
// used one up. How many attempts there were is counted here, from the claims.
func (j *job) claim(ctx context.Context, hint int) (claimed, error) {
	hint = max(hint, 0)
	host, _ := os.Hostname()
	c := claimed{nonce: nonce()}
	for k := hint; ; k++ {
		key := j.keys.Attempt(j.step.Step, j.unit, k)
		err := store.PutJSON(ctx, j.cfg.Store, key, record.Claim{
			Nonce: c.nonce, K: k, Hint: hint, Host: host, Job: j.cfg.Job, Started: time.Now().UTC(),
		})
		mine := err == nil
		if err != nil {
			// Lost replies look like failures, and like somebody else's claim.
			there, readErr := store.GetJSON[record.Claim](ctx, j.cfg.Store, key)
			switch {
			case readErr == nil:
				mine = there.Nonce == c.nonce
			case errors.Is(err, store.ErrExists):
				return c, readErr
			default:
				return c, err
			}
		}
		if !mine {
			c.prior++
			if k-hint > maxClaims {
				return c, fmt.Errorf("task %s[%s] has been tried more than %d times", j.step.Step, j.unit, maxClaims)
			}
			continue
		}
		c.k = k
		return c, j.lookBack(ctx, &c, hint)
	}
}

// maxClaims bounds the search for a free number, against an orchestrator that
// retries for ever.
const maxClaims = 10_000

// lookBack counts the other claims and finds out how the last one ended. At the
// hint and above all numbers up to one's own are taken. Below the hint there may
// be gaps, of pods that never got as far as a claim; and above one's own number
// there may be claims where a hint was repeated after such a gap.
func (j *job) lookBack(ctx context.Context, c *claimed, hint int) error {
	last := -1
	if c.k > hint {
		last = c.k - 1
		for k, gap := c.k+1, 0; gap < claimGap; k++ {
			there, err := j.isClaimed(ctx, k)
			if err != nil {
				return err
			}
			if gap++; there {
				c.prior, last, gap = c.prior+1, k, 0
			}
		}
	}
	for k := min(hint, c.k) - 1; k >= 0; k-- {
		there, err := j.isClaimed(ctx, k)
		if err != nil {
			return err
		}
		if there {
			c.prior, last = c.prior+1, max(last, k)
		}
	}
	if last < 0 {
		return nil
	}
	f, err := store.GetJSON[record.Fail](ctx, j.cfg.Store, j.keys.Fail(j.step.Step, j.unit, last))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.last = &f
	return nil
}

// claimGap is how many numbers in a row without a claim end a search for claims.
const claimGap = 4

func (j *job) isClaimed(ctx context.Context, k int) (bool, error) {
	_, err := j.cfg.Store.Stat(ctx, j.keys.Attempt(j.step.Step, j.unit, k))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
