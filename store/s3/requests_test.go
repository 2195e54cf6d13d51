package s3_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

const (
	minPart  = 5 << 20   // the smallest part that S3 allows, but for the last one
	fakePart = 100 << 10 // the fake allows any
)

// noise is n bytes that differ from part to part.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(1)
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = byte(x >> 56)
	}
	return b
}

func blobKey(sum [32]byte) string {
	s := hex.EncodeToString(sum[:])
	return "blobs/" + s[:2] + "/" + s
}

func tempFile(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Requests cost money and time, so each operation makes a number that is known.
func TestRequests(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		m := meddle(t, server)
		s := m.open(t, s3.Tuning{Part: minPart})
		ctx := t.Context()
		small, medium, large := noise(600), noise(200<<10), noise(2*minPart+1)
		smallFile, mediumFile, largeFile := tempFile(t, small), tempFile(t, medium), tempFile(t, large)
		asked := func(what, want string, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if got := m.asked(); got != want {
				t.Errorf("%s asks for\n%s, want\n%s", what, got, want)
			}
		}
		notThere := func(err error) error {
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return errors.Join(errors.New("it is there"), err)
		}
		imported := func(path string) error {
			_, _, err := store.ImportFile(ctx, s, path, blobKey)
			return err
		}
		exported := func(key string) error {
			_, err := store.ExportFile(ctx, s, key, filepath.Join(t.TempDir(), "out"))
			return err
		}
		read := func(key string) error {
			_, err := store.ReadAll(ctx, s, key, 1<<30)
			return err
		}
		_, err := s.Stat(ctx, "small")
		asked("the first stat of what isn't there", "HeadBucket HeadObject", notThere(err))
		_, err = s.Stat(ctx, "small")
		asked("the second one", "HeadObject", notThere(err))
		asked("reading what isn't there", "GetObject", notThere(read("small")))
		asked("putting a record", "PutObject", store.PutBytes(ctx, s, "small", small))
		if err := store.PutBytes(ctx, s, "small", small); !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
		asked("putting it again", "PutObject", nil)
		asked("reading a record", "GetObject", read("small"))
		asked("putting much", "CompleteMultipartUpload CreateMultipartUpload HeadObject UploadPart UploadPart UploadPart",
			store.PutBytes(ctx, s, "large", large))
		if err := store.PutBytes(ctx, s, "large", large); !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
		asked("putting much again", "HeadObject", nil)
		asked("reading much", "GetObject", read("large"))

		asked("importing a small file", "PutObject", imported(smallFile))
		asked("importing it again", "PutObject", imported(smallFile))
		asked("importing a medium file", "HeadObject PutObject", imported(mediumFile))
		asked("importing it again", "HeadObject", imported(mediumFile))
		asked("importing a large file", "CompleteMultipartUpload CreateMultipartUpload HeadObject UploadPart UploadPart UploadPart", imported(largeFile))
		asked("importing it again", "HeadObject", imported(largeFile))

		asked("exporting a small file", "GetObject", exported("small"))
		asked("exporting a large file", "GetObject GetObject GetObject", exported("large"))
		asked("exporting what isn't there", "GetObject", notThere(exported("none")))

		n := 0
		for _, err := range s.List(ctx, "", store.ListOptions{}) {
			if n++; err != nil {
				t.Error(err)
			}
		}
		asked("listing five objects", "ListObjectsV2", nil)
		if n != 5 {
			t.Errorf("listed %d", n)
		}
		asked("deleting", "DeleteObject", s.Delete(ctx, "small"))

		_, err = s.Stat(ctx, strings.Repeat("x", store.MaxKey+1))
		if !errors.Is(err, store.ErrBadKey) {
			t.Error(err)
		}
		asked("a bad key", "", nil)
	})
}

func TestPartSize(t *testing.T) {
	const mib, tib = 1 << 20, 1 << 40
	for size, want := range map[int64]int64{
		1: 16 * mib, 16*mib + 1: 16 * mib, 160_000 * mib: 16 * mib, 160_000*mib + 1: 17 * mib, 5 * tib: 525 * mib,
	} {
		got := s3.PartSize(size)
		if got != want {
			t.Errorf("parts of an object of %d bytes have %d, want %d", size, got, want)
		}
		if parts := (size + got - 1) / got; parts > 10_000 {
			t.Errorf("an object of %d bytes has %d parts", size, parts)
		}
	}
}
