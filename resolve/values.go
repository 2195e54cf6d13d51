package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// maxValue bounds a value that is read into memory, in bytes of JSON; files are not.
const maxValue = 1 << 30

// Decode returns the value that a record holds. The bytes of files stay in the
// store; a large value that is none is read.
func (r *Resolver) Decode(ctx context.Context, v record.Value) (any, error) {
	t, err := types.Decode(v.Type)
	if err != nil {
		return nil, fmt.Errorf("damaged type: %w", err)
	}
	raw := []byte(v.Value)
	if v.Blob != "" {
		switch types.Unopt(t) {
		case types.File, types.Dir, types.Artifact:
			return types.Blob{Digest: v.Blob, Size: v.Size, Ext: v.Ext}, nil
		}
		if raw, err = r.blob(ctx, v.Blob); err != nil {
			return nil, err
		}
	}
	return types.UnmarshalValue(t, raw)
}

// blob reads the bytes of a blob and checks that they are its own.
func (r *Resolver) blob(ctx context.Context, digest string) ([]byte, error) {
	return r.blobs.get(ctx, digest, func() ([]byte, error) {
		if err := r.enter(ctx); err != nil {
			return nil, err
		}
		defer r.leave()
		key := record.Blob(digest)
		data, err := store.ReadAll(ctx, r.opt.Store, key, maxValue)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
			return nil, fmt.Errorf("store %s: %s is damaged: its bytes are not those of its name", r.opt.Store.URL(), key)
		}
		return data, nil
	})
}
