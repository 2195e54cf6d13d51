package resolve

import (
	"context"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
)

// Decode returns the value that a record holds. The bytes of files stay in the
// store; a large value that is none is read, once.
func (r *Resolver) Decode(ctx context.Context, v record.Value) (any, error) {
	if v.Blob == "" {
		return artifact.Load(ctx, r.opt.Store, v)
	}
	return r.large.get(ctx, v.Type+" "+v.Blob+v.Ext, func() (any, error) {
		if err := r.enter(ctx); err != nil {
			return nil, err
		}
		defer r.leave()
		return artifact.Load(ctx, r.opt.Store, v)
	})
}
