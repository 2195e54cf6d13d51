package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowc-dev/flowc/store"
)

// testOneWinner lets attempts race for keys, as attempts of a task do.
func testOneWinner(t *testing.T, s store.Store) {
	const racers, keys = 12, 25
	for k := range keys {
		key := fmt.Sprintf("results/step/%d.json", k)
		var winner atomic.Int64
		winner.Store(-1)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				<-start
				data := []byte(fmt.Sprintf("racer %d", i))
				switch err := store.PutBytes(t.Context(), s, key, data); {
				case err == nil:
					if !winner.CompareAndSwap(-1, int64(i)) {
						t.Errorf("%s: racers %d and %d both won", key, winner.Load(), i)
					}
				case !errors.Is(err, store.ErrExists):
					t.Errorf("%s: racer %d lost with %v, want ErrExists", key, i, err)
				}
				// Whoever won, from now on all see the same.
				if got, err := store.ReadAll(t.Context(), s, key, 100); err != nil || !strings.HasPrefix(string(got), "racer ") {
					t.Errorf("%s: racer %d reads %q, %v", key, i, got, err)
				}
			})
		}
		close(start)
		wg.Wait()
		if winner.Load() < 0 {
			t.Errorf("%s: nobody won", key)
			continue
		}
		expect(t, s, key, fmt.Sprintf("racer %d", winner.Load()))
	}
}

// testWholeOrNotAtAll reads objects while they are being written.
func testWholeOrNotAtAll(t *testing.T, s store.Store) {
	const size = 1 << 20
	for k := range 4 {
		key := fmt.Sprintf("blobs/%d", k)
		data := bytes.Repeat([]byte{byte('a' + k)}, size)
		done := make(chan struct{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for last := false; !last; {
					select {
					case <-done:
						last = true
					default:
					}
					got, err := store.ReadAll(t.Context(), s, key, size)
					if errors.Is(err, store.ErrNotFound) && !last {
						continue
					}
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%s: read %d of %d bytes, %v", key, len(got), size, err)
						return
					}
				}
			})
		}
		if err := store.PutBytes(t.Context(), s, key, data); err != nil {
			t.Error(err)
		}
		close(done)
		wg.Wait()
	}
}

// testConcurrent mixes all methods over a few keys that share their folders.
func testConcurrent(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 60 {
				key := fmt.Sprintf("f%d/g%d/%d", i%2, i%3, (i+w)%5)
				err := store.PutBytes(t.Context(), s, key, []byte(key))
				if err != nil && !errors.Is(err, store.ErrExists) {
					t.Error(err)
				}
				got, err := store.ReadAll(t.Context(), s, key, 100)
				if err == nil && string(got) != key || err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s reads as %q, %v", key, got, err)
				}
				if _, err := s.Stat(t.Context(), key); err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
				if i%10 == w {
					last := ""
					for info, err := range s.List(t.Context(), "", store.ListOptions{}) {
						if err != nil || info.Key <= last {
							t.Errorf("list yields %q behind %q, %v", info.Key, last, err)
						}
						last = info.Key
					}
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	expectList(t, s, "", store.ListOptions{})
	expectList(t, s, "", store.ListOptions{Shallow: true})
}
