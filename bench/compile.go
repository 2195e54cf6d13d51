package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
)

// compile measures checking and planning, and the program as a whole.
func (b *bench) compile() error {
	sizes := []int{1000, 10000}
	limits := map[int]time.Duration{1000: 100 * time.Millisecond, 10000: time.Second}
	if b.quick {
		sizes = []int{100, 1000}
	}
	t := newTable("Check and plan", "flow", "steps", "time", "to python3", "allocated", "a step", "flowc check", "promised")
	for _, flow := range []struct {
		name string
		make func(int) string
	}{{"linear", linear}, {"mixed", mixed}} {
		for _, n := range sizes {
			text := []byte(flow.make(n))
			var allocated uint64
			took, err := best(5, func() (time.Duration, error) {
				runtime.GC()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				r := compile.File(&diag.Sources{}, "flow.yaml", text)
				took := time.Since(start)
				runtime.ReadMemStats(&after)
				allocated = after.TotalAlloc - before.TotalAlloc
				if !r.OK() {
					return 0, fmt.Errorf("the flow has %s: %v", r.Findings.Tally(), r.Findings[0].Summary)
				}
				return took, nil
			})
			if err != nil {
				return err
			}
			path := filepath.Join(b.dir, "flow.yaml")
			if err := os.WriteFile(path, text, 0o666); err != nil {
				return err
			}
			whole, err := best(3, func() (time.Duration, error) { return timed(exec.Command(b.flowc, "check", path)) })
			if err != nil {
				return err
			}
			kept := ""
			if limit := limits[n]; limit > 0 {
				kept = promise("under "+ms(limit), took < limit)
			}
			t.row(flow.name, n, ms(took), fmt.Sprintf("%.1fx", float64(took)/float64(b.python)),
				mib(allocated), fmt.Sprintf("%.1f KiB", float64(allocated)/1024/float64(n)), ms(whole), kept)
		}
	}
	return t.end()
}
