package runs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/mem"
)

var ctx = context.Background()

// listed puts runs into the indices of a store: flows take turns, every third
// run failed, every fifth still runs.
func listed(t testing.TB, s store.Store, n int, flows ...string) time.Time {
	t.Helper()
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	put := func(key string, data string) {
		if err := store.PutBytes(ctx, s, key, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		flow, run, at := flows[i%len(flows)], fmt.Sprintf("run-%04d", i), start.Add(time.Duration(i)*time.Second)
		put(record.RunIndex(flow, run, at), "")
		put(record.Keys{Flow: flow, Run: run}.RunRecord(), "{}")
		switch {
		case i%5 == 0:
		case i%3 == 0:
			put(record.EndIndex(flow, run, at, record.Failed), "")
		default:
			put(record.EndIndex(flow, run, at, record.Succeeded), "")
		}
	}
	return start
}

// A list of many runs costs a fixed number of listings, and reads nothing.
func TestListCost(t *testing.T) {
	s := count.New(mem.New(t.Name()))
	start := listed(t, s, 2000, "churn")
	s.Reset()
	list, err := runs.New(s).List(ctx, runs.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Reset(); n.List != 3 || n.Get+n.Stat != 0 {
		t.Errorf("it took %+v", n)
	}
	if len(list) != 2000 {
		t.Fatalf("%d runs", len(list))
	}
	for k, e := range list {
		i := 1999 - k
		want := record.Succeeded
		if i%5 == 0 {
			want = record.Running
		} else if i%3 == 0 {
			want = record.Failed
		}
		if e.Run != fmt.Sprintf("run-%04d", i) || e.Status != want || !e.Started.Equal(start.Add(time.Duration(i)*time.Second)) || e.Flow != "churn" {
			t.Fatalf("entry %d is %+v", k, e)
		}
	}
	some, err := runs.New(s).List(ctx, runs.ListOptions{Flow: "churn", Limit: 3})
	if err != nil || len(some) != 3 || some[2] != list[2] {
		t.Errorf("%v %v", some, err)
	}
	if n := s.Reset(); n.Listed > 20 {
		t.Errorf("three runs took %+v", n)
	}
}

func TestFind(t *testing.T) {
	s := mem.New(t.Name())
	listed(t, s, 12, "churn", "sales")
	if err := store.PutBytes(ctx, s, "index/churn/runs/junk", nil); err != nil {
		t.Fatal(err)
	}
	r := runs.New(s)
	for text, want := range map[string]string{
		"latest":                  "sales run-0011",
		"churn@latest":            "churn run-0010",
		"latest_successful":       "sales run-0011",
		"churn@latest_successful": "churn run-0008",
		"run-0003":                "sales run-0003",
		"churn@run-0004":          "churn run-0004",
		"sales@run-0005":          "sales run-0005",
	} {
		a, err := runs.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		id, err := r.Find(ctx, a)
		if got := id.Flow + " " + id.Run; err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"run":                   "stands for 12 runs: run-0000,",
		"run-000":               "stands for 10 runs",
		"churn@run-0003":        "did you mean run-0000?",
		"run-9999":              "there is no run",
		"churn":                 "churn is a flow: its newest run is churn@latest",
		"chrn@latest":           "did you mean churn?",
		"zzz@latest_successful": "no runs of a flow",
	} {
		a, err := runs.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Find(ctx, a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"latest", "latest_successful", "x", "f@latest"} {
		a, _ := runs.ParseAddress(text)
		if _, err := runs.New(mem.New(t.Name()+text)).Find(ctx, a); !errors.Is(err, runs.ErrNotFound) {
			t.Errorf("%s in an empty store: %v", text, err)
		}
	}
}
