package resolve

import (
	"context"
	"fmt"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/dir"
)

// BenchmarkGather reads one output of 10,000 tasks from a store in a directory:
// result by result, and from summaries.
func BenchmarkGather(b *testing.B) {
	const n = 10_000
	w := newWorld(b)
	s, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	w.store = count.New(s)
	w.tables.Steps["x"] = contract.StepPlace{Depth: 1}
	place := contract.BlockPlace{Kind: contract.KindForeach, Control: constant(record.Control{Count: ptr(n)}), Exports: map[string]contract.Expr{"v": bare(stepRef("x", "int"))}}
	for i := range n {
		w.result("x", record.Path{i}, fmt.Sprint(i), nil)
	}
	gather := func(b *testing.B, opt Options) {
		for b.Loop() {
			v, err := New(opt).Value(context.Background(), ptr(bare(blockRef("x", "list<int>"))), &w.tables, nil)
			if err != nil || len(v.([]any)) != n {
				b.Fatal(err)
			}
		}
	}
	opt := Options{Store: w.store, Keys: w.keys, WritePages: true}
	w.tables.Blocks["x"] = place
	b.Run("results", func(b *testing.B) { gather(b, opt) })
	place.Pages = "x"
	w.tables.Blocks["x"] = place
	if _, err := New(opt).Value(context.Background(), ptr(bare(blockRef("x", "list<int>"))), &w.tables, nil); err != nil {
		b.Fatal(err)
	}
	b.Run("summaries", func(b *testing.B) { gather(b, opt) })
}
