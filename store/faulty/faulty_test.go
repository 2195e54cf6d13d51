package faulty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/faulty"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/store/storetest"
)

// Without faults it is a store like any other.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return faulty.New(mem.New(t.Name()), faulty.Options{}) })
}

func TestBeforeAndAfter(t *testing.T) {
	inner := mem.New("x")
	before := faulty.New(inner, faulty.Options{Before: 1})
	if err := store.PutBytes(t.Context(), before, "a", nil); !errors.Is(err, faulty.ErrInjected) || !strings.Contains(err.Error(), "mem:x: put a") {
		t.Errorf("put: %v", err)
	}
	if _, err := inner.Stat(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a put that failed before it began has an effect: %v", err)
	}
	if _, err := before.Stat(t.Context(), "a"); !errors.Is(err, faulty.ErrInjected) {
		t.Errorf("stat: %v", err)
	}
	for _, err := range before.List(t.Context(), "", store.ListOptions{}) {
		if !errors.Is(err, faulty.ErrInjected) {
			t.Errorf("list: %v", err)
		}
	}

	after := faulty.New(inner, faulty.Options{After: 1})
	if err := store.PutBytes(t.Context(), after, "a", []byte("x")); !errors.Is(err, faulty.ErrInjected) {
		t.Errorf("put: %v", err)
	}
	if got, err := store.ReadAll(t.Context(), after, "a", 10); err != nil || string(got) != "x" {
		t.Errorf("a put whose reply was lost has no effect: %q, %v", got, err)
	}
	if err := after.Delete(t.Context(), "a"); !errors.Is(err, faulty.ErrInjected) {
		t.Errorf("delete: %v", err)
	}
	if _, err := inner.Stat(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a delete whose reply was lost has no effect: %v", err)
	}
}

func TestBodies(t *testing.T) {
	inner := mem.New("x")
	data := bytes.Repeat([]byte("0123456789"), 1000)
	for i := range 20 {
		if err := store.PutBytes(t.Context(), inner, fmt.Sprint(i), data); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		cut := faulty.New(inner, faulty.Options{Truncate: 1})
		r, err := cut.Get(t.Context(), fmt.Sprint(i), 10, 5000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if !errors.Is(err, faulty.ErrInjected) || !errors.Is(err, io.ErrUnexpectedEOF) || len(got) >= 5000 || !bytes.HasPrefix(data, got) {
			t.Errorf("a body that breaks off has %d bytes and the error %v", len(got), err)
		}

		wrong := faulty.New(inner, faulty.Options{Corrupt: 1})
		got, err = store.ReadAll(t.Context(), wrong, fmt.Sprint(i), 1<<20)
		differ := 0
		for j := range got {
			if got[j] != data[j] {
				differ++
			}
		}
		if err != nil || len(got) != len(data) || differ != 1 {
			t.Errorf("a corrupt body has %d bytes, %d of them wrong, %v", len(got), differ, err)
		}
	}
	seen := 0
	for _, err := range faulty.New(inner, faulty.Options{Truncate: 1}).List(t.Context(), "", store.ListOptions{}) {
		if seen++; (err != nil) != (seen == 2) {
			t.Errorf("list yields %v as number %d", err, seen)
		}
	}
}

// The same seed gives the same failures, in whatever order goroutines run.
func TestDeterministic(t *testing.T) {
	failures := func(seed uint64) (failed []string) {
		s := faulty.New(mem.New("x"), faulty.Options{Seed: seed, Before: 0.3, After: 0.3})
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 20 {
					key := fmt.Sprintf("%d/%d", w, i)
					for try := range 3 {
						if err := store.PutBytes(t.Context(), s, key, nil); errors.Is(err, faulty.ErrInjected) {
							mu.Lock()
							failed = append(failed, fmt.Sprint(key, " ", try))
							mu.Unlock()
						}
					}
				}
			})
		}
		wg.Wait()
		slices.Sort(failed)
		return failed
	}
	first := failures(1)
	if !slices.Equal(first, failures(1)) {
		t.Error("the same seed gives other failures")
	}
	if slices.Equal(first, failures(2)) {
		t.Error("another seed gives the same failures")
	}
	if n := len(first); n < 100 || n > 400 { // of 480 at a rate of 0.51
		t.Errorf("%d of 480 failed", n)
	}
}

func TestOnly(t *testing.T) {
	s := faulty.New(mem.New("x"), faulty.Options{Before: 1, Only: func(op faulty.Op, key string) bool {
		return op == faulty.Put && strings.HasPrefix(key, "results/")
	}})
	if err := store.PutBytes(t.Context(), s, "attempts/1", nil); err != nil {
		t.Error(err)
	}
	if err := store.PutBytes(t.Context(), s, "results/1", nil); !errors.Is(err, faulty.ErrInjected) {
		t.Error(err)
	}
}

func TestCrash(t *testing.T) {
	for _, c := range []struct {
		at     int
		after  bool
		effect int // writes that took place
	}{{0, false, 4}, {1, false, 0}, {1, true, 1}, {3, false, 2}, {3, true, 3}, {5, false, 4}} {
		inner := mem.New("x")
		s := faulty.New(inner, faulty.Options{CrashAt: c.at, CrashAfter: c.after})
		crashed := false
		for i := range 4 {
			err := store.PutBytes(t.Context(), s, fmt.Sprint(i), nil)
			crashed = crashed || i+1 == c.at
			if errors.Is(err, faulty.ErrCrashed) != crashed {
				t.Errorf("%+v: write %d: %v", c, i+1, err)
			}
			if _, err := s.Stat(t.Context(), "x"); errors.Is(err, faulty.ErrCrashed) != crashed {
				t.Errorf("%+v: stat behind write %d: %v", c, i+1, err)
			}
		}
		n := 0
		for range inner.List(t.Context(), "", store.ListOptions{}) {
			n++
		}
		if n != c.effect || s.Writes() != 4 {
			t.Errorf("%+v: %d writes took place of %d", c, n, s.Writes())
		}
	}
}

func TestDelayEndsWithTheContext(t *testing.T) {
	s := faulty.New(mem.New("x"), faulty.Options{Delay: 1000 * time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.PutBytes(ctx, s, "a", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
