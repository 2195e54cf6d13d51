package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// inputsDigest is the sha256 of all inputs: names, types, and values with the
// digests of their files.
func inputsDigest(inputs []input) (string, *failure) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, in := range inputs {
		raw, err := types.MarshalValue(in.typ, in.value)
		if err != nil {
			return "", fail(kindInput, "input %s: %v", in.name, err)
		}
		if err := enc.Encode([]any{in.name, types.Encode(in.typ), json.RawMessage(raw)}); err != nil {
			return "", fail(kindInput, "input %s: %v", in.name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// cacheable is everything that a result depends on. The step's name is not
// among it: a renamed step keeps its results.
type cacheable struct {
	V       int               `json:"v"`
	Script  *contract.Script  `json:"script,omitempty"`
	Call    *contract.Call    `json:"call,omitempty"`
	Argv    []contract.Arg    `json:"argv,omitempty"`
	Outputs []contract.Output `json:"outputs"`
	Image   string            `json:"image,omitempty"`
	Env     []contract.KV     `json:"env,omitempty"`
	Version string            `json:"version,omitempty"`
	Code    string            `json:"code"`   // digest of the files that the step depends on
	Inputs  string            `json:"inputs"` // digest: names, types, values
}

// cacheKey is the key under which the result of an item may be found and kept;
// "" where the step has no cache.
func (j *job) cacheKey(ctx context.Context, inputs string) (string, *failure) {
	s := j.step
	if s.Cache == nil {
		return "", nil
	}
	code, err := j.cfg.codeDigest(ctx, s)
	if err != nil {
		return "", classify(ctx, "cache", err)
	}
	data, err := contract.Canonical(cacheable{
		V: record.Version, Script: s.Script, Call: s.Call, Argv: s.Argv, Outputs: s.Outputs,
		Image: s.Image, Env: s.Env, Version: s.Cache.Version, Code: code, Inputs: inputs,
	})
	if err != nil {
		return "", fail(kindInput, "cache: %v", err)
	}
	return contract.Digest(data), nil
}

// cacheHit returns an entry that can be taken over whole. A store that fails
// here is a miss: the task can do without.
func (j *job) cacheHit(ctx context.Context, key string) *record.CacheEntry {
	if key == "" {
		return nil
	}
	j.cacheAs, j.cacheStale = key, false
	entry, err := store.GetJSON[record.CacheEntry](ctx, j.cfg.Store, record.Cache(key))
	if err != nil {
		j.cacheStale = !errors.Is(err, store.ErrNotFound)
		return nil
	}
	fresh := j.step.Cache.Lifetime <= 0 || time.Since(entry.Created) < time.Duration(j.step.Cache.Lifetime)*time.Millisecond
	if fresh {
		for _, v := range entry.Outputs {
			if fresh = fresh && blobsPresent(ctx, j.cfg.Store, v); !fresh {
				break
			}
		}
	}
	if !fresh {
		j.cacheStale = true
		return nil
	}
	return &entry
}

// writeCache keeps a result of one's own for other runs. That it may fail to
// do so costs them time, nothing else.
func (j *job) writeCache(ctx context.Context, path record.Path, won *record.Result) {
	if j.cacheAs == "" || won.Status != record.OK || won.Cached != nil {
		return
	}
	key := record.Cache(j.cacheAs)
	if j.cacheStale {
		j.cfg.Store.Delete(ctx, key)
	}
	store.PutJSON(ctx, j.cfg.Store, key, record.CacheEntry{
		Outputs: won.Outputs, Created: won.Ended,
		From: record.Origin{Run: j.keys.Run, Step: j.step.Step, Path: path.String()},
	})
}
