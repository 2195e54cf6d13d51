package runtime

import (
	"context"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// blobsPresent reports whether every blob of a value still is in the store.
func blobsPresent(ctx context.Context, s store.Store, v record.Value) bool {
	stat := func(digest string) bool {
		_, err := s.Stat(ctx, record.Blob(digest))
		return err == nil
	}
	if v.Blob != "" && !stat(v.Blob) {
		return false
	}
	t, err := types.Decode(v.Type)
	if err != nil {
		return false
	}
	if !types.HasBlob(t) {
		return true
	}
	value, err := artifact.Load(ctx, s, v)
	if err != nil {
		return false
	}
	return everyBlob(t, value, func(t types.Basic, b types.Blob) bool {
		if b.Digest != v.Blob && !stat(b.Digest) {
			return false
		}
		if t != types.Dir {
			return true
		}
		entries, err := artifact.ReadDir(ctx, s, b)
		for _, e := range entries {
			if err != nil || e.Blob != "" && !stat(e.Blob) {
				return false
			}
		}
		return err == nil
	})
}

// everyBlob reports whether ok holds for all blobs in a value.
func everyBlob(t types.Type, v any, ok func(types.Basic, types.Blob) bool) bool {
	switch v := v.(type) {
	case types.Blob:
		kind, _ := types.Unopt(t).(types.Basic)
		return ok(kind, v)
	case []any:
		if list, is := types.Unopt(t).(types.List); is {
			for _, e := range v {
				if !everyBlob(list.Elem, e, ok) {
					return false
				}
			}
		}
	case map[string]any:
		for k, e := range v {
			if elem := fieldType(types.Unopt(t), k); elem != nil && !everyBlob(elem, e, ok) {
				return false
			}
		}
	}
	return true
}
