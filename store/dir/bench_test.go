package dir_test

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

// One iteration is what 1,000 small tasks put: a claim, a log and a result each.
func BenchmarkTasks(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 700)
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			for b.Loop() {
				s, err := dir.Open(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				k := record.Keys{Flow: "f", Run: "r"}
				var group errgroup.Group
				group.SetLimit(workers)
				for i := range 1000 {
					group.Go(func() error {
						p := record.Path{i}
						for _, key := range []string{k.Attempt("s", p.String(), 0), k.Log("s", p.String(), 0, 0), k.Result("s", p)} {
							if err := store.PutBytes(b.Context(), s, key, body); err != nil {
								return err
							}
						}
						return nil
					})
				}
				if err := group.Wait(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One iteration lists the results of 10,000 tasks.
func BenchmarkList(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	k := record.Keys{Flow: "f", Run: "r"}
	for i := range 10_000 {
		if err := store.PutBytes(b.Context(), s, k.Result("s", record.Path{i}), nil); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		for _, err := range s.List(b.Context(), k.ResultPrefix(""), store.ListOptions{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 10_000 {
			b.Fatalf("%d results", n)
		}
	}
}

// One iteration reads a small record.
func BenchmarkGet(b *testing.B) {
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	key := record.Keys{Flow: "f", Run: "r"}.Result("s", record.Path{1})
	if err := store.PutBytes(b.Context(), s, key, bytes.Repeat([]byte("x"), 700)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := store.ReadAll(b.Context(), s, key, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
