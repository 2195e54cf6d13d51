package runs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"pgregory.net/rapid"
)

// snapshot reads all of a store.
func snapshot(t testing.TB, s store.Store) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for info, err := range s.List(ctx, "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := store.ReadAll(ctx, s, info.Key, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		out[info.Key] = data
	}
	return out
}

// Whatever became of a store, a look into it ends, without a panic, and its
// errors are one readable line.
func TestDamagedStores(t *testing.T) {
	s := mem.New(t.Name())
	first := start(t, s, flow, nil)
	second := start(t, s, flow, func(o *engine.Options) { o.Resume = &engine.Resume{Run: first, From: []string{"size"}} })
	erase(t, s, record.Keys{Flow: second.Flow, Run: second.Run}.EndRecord())
	whole := snapshot(t, s)
	keys := slices.Sorted(maps.Keys(whole))
	// Plans and blobs carry digests; the interesting damage is elsewhere.
	records := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return strings.HasPrefix(k, "blobs/") || strings.HasPrefix(k, "plans/") })
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s := mem.New(fmt.Sprintf("damaged-%d", n))
		damaged := maps.Clone(whole)
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			pool := records
			if rapid.IntRange(0, 5).Draw(t, "any") == 0 {
				pool = keys
			}
			key := rapid.SampledFrom(pool).Draw(t, "key")
			switch rapid.IntRange(0, 5).Draw(t, "damage") {
			case 0:
				delete(damaged, key)
			case 1:
				data := damaged[key]
				damaged[key] = data[:rapid.IntRange(0, len(data)).Draw(t, "cut")]
			case 2:
				damaged[key] = rapid.SliceOf(rapid.Byte()).Draw(t, "junk")
			case 3:
				damaged[key] = whole[rapid.SampledFrom(keys).Draw(t, "other")]
			case 4:
				damaged[key] = mutate(t, damaged[key])
			case 5:
				damaged[key+rapid.StringMatching(`[a-z0-9.]{1,3}`).Draw(t, "suffix")] = damaged[key]
			}
		}
		for _, key := range slices.Sorted(maps.Keys(damaged)) {
			if err := store.PutBytes(ctx, s, key, damaged[key]); err != nil {
				continue // a key below another one
			}
		}
		r := runs.New(s)
		check := func(what string, err error) {
			if err != nil && (err.Error() == "" || strings.ContainsAny(err.Error(), "\x00\x1b\n\r")) {
				t.Fatalf("%s: unreadable error %q", what, err)
			}
		}
		_, err := r.List(ctx, runs.ListOptions{})
		check("list", err)
		for _, id := range []runs.ID{first, second} {
			run, err := r.Show(ctx, id, runs.ShowOptions{})
			check("show", err)
			if err == nil {
				if _, err := json.Marshal(run); err != nil {
					t.Fatal(err)
				}
			}
			_, err = r.State(ctx, id)
			check("state", err)
			_, err = r.Logs(ctx, id, runs.LogSelect{Step: "load"})
			check("logs", err)
			for _, address := range []string{"total", "part/size", "packed/v", "count/k", "maybe/z", "risky/error", "load[1]/rows"} {
				_, err := get(r, id.Run+"/"+address)
				check(address, err)
			}
		}
		_, err = get(r, "latest/total")
		check("latest", err)
	})
}

// mutate changes a value somewhere in JSON.
func mutate(t *rapid.T, data []byte) []byte {
	var doc any
	if json.Unmarshal(data, &doc) != nil {
		return data
	}
	hostile := []any{nil, true, -1.0, 1e18, "", "../../x", strings.Repeat("9", 40), []any{}, map[string]any{}, "0-9223372036854775807", []any{nil}}
	var walk func(v any) any
	walk = func(v any) any {
		if rapid.IntRange(0, 6).Draw(t, "here") == 0 {
			return rapid.SampledFrom(hostile).Draw(t, "value")
		}
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if rapid.IntRange(0, 2).Draw(t, "into") == 0 {
					v[k] = walk(v[k])
				}
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	out, err := json.Marshal(walk(doc))
	if err != nil {
		return data
	}
	return out
}

// A set of paths that no run can have is refused before anything is made of it.
func TestHugeReuse(t *testing.T) {
	s := mem.New(t.Name())
	first := start(t, s, flow, nil)
	second := start(t, s, flow, func(o *engine.Options) { o.Resume = &engine.Resume{Run: first} })
	keys := record.Keys{Flow: second.Flow, Run: second.Run}
	erase(t, s, keys.EndRecord())
	erase(t, s, keys.SummaryPrefix())
	if err := s.Delete(ctx, keys.Reuse()); err != nil {
		t.Fatal(err)
	}
	huge := record.Reuse{Steps: map[string][]record.ReusePart{"load": {{Run: first.Run, Paths: "0-9223372036854775807"}}}}
	if err := store.PutJSON(ctx, s, keys.Reuse(), huge); err != nil {
		t.Fatal(err)
	}
	if _, err := runs.New(s).Show(ctx, second, runs.ShowOptions{}); err == nil || !strings.Contains(err.Error(), "takes over more than") {
		t.Errorf("%v", err)
	}
}
