package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/store"
)

// expectList checks what a list yields.
func expectList(t *testing.T, s store.Store, prefix string, opt store.ListOptions, want ...string) {
	t.Helper()
	var got []string
	for info, err := range s.List(t.Context(), prefix, opt) {
		if err != nil {
			t.Errorf("list of %q %+v: %v", prefix, opt, err)
			return
		}
		if info.Prefix != strings.HasSuffix(info.Key, "/") || info.Prefix && !opt.Shallow {
			t.Errorf("list of %q %+v yields %+v", prefix, opt, info)
		}
		got = append(got, info.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("list of %q %+v yields\n%q, want\n%q", prefix, opt, got, want)
	}
}

// listKeys are keys whose order is not that of a walk over folders.
var listKeys = []string{
	"A", "a+b", "a-b", "a-b.json", "a.b", "a/b", "a/b-c", "a/b.d/e", "a/c/d", "a/c/d-e", "a/c0", "a0", "a=b", "a_b", "ab/c", "a~b", "b/10", "b/2", "b/9/x",
}

func testListOrder(t *testing.T, s store.Store) {
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(listKeys)) {
		put(t, s, listKeys[i], listKeys[i])
	}
	expectList(t, s, "", store.ListOptions{}, listKeys...)
	expectList(t, s, "a/", store.ListOptions{}, "a/b", "a/b-c", "a/b.d/e", "a/c/d", "a/c/d-e", "a/c0")
	expectList(t, s, "a/b", store.ListOptions{}, "a/b", "a/b-c", "a/b.d/e")
	expectList(t, s, "a/c/d", store.ListOptions{}, "a/c/d", "a/c/d-e")
	expectList(t, s, "zz/", store.ListOptions{})
	expectList(t, s, "a/b/", store.ListOptions{}) // a/b is an object
	expectList(t, s, "a", store.ListOptions{Shallow: true},
		"a+b", "a-b", "a-b.json", "a.b", "a/", "a0", "a=b", "a_b", "ab/", "a~b")
	expectList(t, s, "a/", store.ListOptions{Shallow: true}, "a/b", "a/b-c", "a/b.d/", "a/c/", "a/c0")
	expectList(t, s, "", store.ListOptions{Shallow: true, After: "a/"}, "a0", "a=b", "a_b", "ab/", "a~b", "b/")
	expectList(t, s, "b/", store.ListOptions{After: "b/10"}, "b/2", "b/9/x")
	for info, err := range s.List(t.Context(), "a/c/", store.ListOptions{}) {
		if err != nil || info.Size != int64(len(info.Key)) || info.Modified.IsZero() {
			t.Errorf("list yields %+v, %v", info, err)
		}
	}
}

// testListModel compares many lists with what they must be.
func testListModel(t *testing.T, s store.Store) {
	for _, key := range listKeys {
		put(t, s, key, "")
	}
	rnd := rand.New(rand.NewPCG(2, 2))
	text := func() string {
		key := listKeys[rnd.IntN(len(listKeys))]
		switch rnd.IntN(4) {
		case 0:
			return key
		case 1:
			return key + "0"
		default:
			return key[:rnd.IntN(len(key)+1)]
		}
	}
	for range 400 {
		prefix, opt := text(), store.ListOptions{Shallow: rnd.IntN(2) == 0}
		if rnd.IntN(3) > 0 {
			opt.After = text()
		}
		expectList(t, s, prefix, opt, model(prefix, opt)...)
		if t.Failed() {
			return
		}
	}
}

func model(prefix string, opt store.ListOptions) []string {
	var keys []string
	for _, key := range listKeys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if i := strings.IndexByte(rest, '/'); opt.Shallow && i >= 0 {
			key = prefix + rest[:i+1]
		}
		if key > opt.After {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// testListMany crosses the size of the pages that servers give.
func testListMany(t *testing.T, s store.Store) {
	want := make([]string, 2100)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < len(want); i += 8 {
				want[i] = fmt.Sprintf("results/fit/%04d.json", i)
				if err := store.PutBytes(t.Context(), s, want[i], nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	expectList(t, s, "results/", store.ListOptions{}, want...)
	expectList(t, s, "results/fit/", store.ListOptions{After: want[999]}, want[1000:]...)
	expectList(t, s, "", store.ListOptions{Shallow: true}, "results/")

	seen := 0
	for _, err := range s.List(t.Context(), "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 1500 {
			break
		}
	}
	if seen != 1500 {
		t.Errorf("saw %d, want 1500", seen)
	}
}

// testListWhileChanging deletes and creates objects from inside the loop.
func testListWhileChanging(t *testing.T, s store.Store) {
	var want []string
	for i := range 50 {
		key := fmt.Sprintf("d%d/%02d", i/10, i)
		put(t, s, key, "")
		want = append(want, key)
	}
	var got []string
	for info, err := range s.List(t.Context(), "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, info.Key)
		if err := s.Delete(t.Context(), info.Key); err != nil {
			t.Fatal(err)
		}
		put(t, s, "a/"+info.Key, "")
	}
	if !slices.Equal(got, want) {
		t.Errorf("the list yields\n%q, want\n%q", got, want)
	}
	expectList(t, s, "d", store.ListOptions{})
}
