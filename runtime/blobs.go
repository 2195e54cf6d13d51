package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

func fetchFile(ctx context.Context, s store.Store, b types.Blob, path string) error {
	sum, err := store.ExportFile(ctx, s, record.Blob(b.Digest), path)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(sum[:]); got != b.Digest {
		os.Remove(path)
		return fmt.Errorf("store %s: blob %s is damaged: its bytes have the digest %s", s.URL(), b.Digest, got)
	}
	return nil
}

func saveFile(ctx context.Context, s store.Store, path, ext string) (types.Blob, error) {
	sum, size, err := store.ImportFile(ctx, s, path, func(sum [32]byte) string { return record.Blob(hex.EncodeToString(sum[:])) })
	return types.Blob{Digest: hex.EncodeToString(sum[:]), Size: size, Ext: ext}, err
}

func fetchDir(ctx context.Context, s store.Store, b types.Blob, path string) error {
	return errors.New("folders cannot be fetched in this revision")
}

func saveDir(ctx context.Context, s store.Store, path string) (types.Blob, error) {
	return types.Blob{}, errors.New("folders cannot be kept in this revision")
}

func saveValue(ctx context.Context, s store.Store, t types.Type, v any) (record.Value, error) {
	out := record.Value{Type: types.Encode(t)}
	if b, ok := v.(types.Blob); ok {
		out.Blob, out.Size, out.Ext = b.Digest, b.Size, b.Ext
		return out, nil
	}
	raw, err := types.MarshalValue(t, v)
	if err != nil {
		return out, err
	}
	if len(raw) <= record.MaxInline {
		out.Value = raw
		return out, nil
	}
	sum := sha256.Sum256(raw)
	out.Blob, out.Size = hex.EncodeToString(sum[:]), int64(len(raw))
	err = store.PutBytes(ctx, s, record.Blob(out.Blob), raw)
	if errors.Is(err, store.ErrExists) {
		err = nil
	}
	return out, err
}

func blobsPresent(ctx context.Context, s store.Store, v record.Value) bool {
	if v.Blob == "" {
		return !bytes.Contains(v.Value, []byte(`"blob"`))
	}
	_, err := s.Stat(ctx, record.Blob(v.Blob))
	return err == nil
}
