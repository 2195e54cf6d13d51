package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// wide is a foreach of n tasks that do nothing.
func wide(t testing.TB, n int) *docs {
	return yaml(t, fmt.Sprintf(`
flow: wide
steps:
  task:
    foreach: {i: range(%d)}
    inputs: [i]
    run: 'true'
`, n))
}

// bare is what starting a shell costs by itself, as many at once as slots.
func bare(b *testing.B, n, slots int) time.Duration {
	began := time.Now()
	work := make(chan struct{})
	ended := make(chan error)
	for range slots {
		go func() {
			for range work {
				if err := exec.Command("/bin/sh", "-eu", "-c", "true").Run(); err != nil {
					b.Error(err)
				}
			}
			ended <- nil
		}()
	}
	for range n {
		work <- struct{}{}
	}
	close(work)
	for range slots {
		<-ended
	}
	return time.Since(began)
}

// cpu is the time that this process and its ended children have computed.
func cpu(b *testing.B) time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// peak is the largest size that this process has had, in MiB.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	return 0
}

// Tasks that do nothing, beyond what their shells cost. Files are those of the
// store, for each task.
func BenchmarkForeach(b *testing.B) {
	const slots = 2
	for _, n := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var all, shells, allCPU, shellCPU time.Duration
			files := 0
			for range b.N {
				b.StopTimer()
				w := newBench(b)
				opt := w.options(wide(b, n))
				opt.MaxParallel = slots
				c := cpu(b)
				shells += bare(b, n, slots)
				shellCPU += cpu(b) - c
				b.StartTimer()
				began := time.Now()
				c = cpu(b)
				r := w.run(opt)
				all += time.Since(began)
				allCPU += cpu(b) - c
				b.StopTimer()
				if r.Status != record.Succeeded {
					b.Fatal(r.Explain())
				}
				filepath.WalkDir(filepath.Join(filepath.Dir(w.code), "store"), func(_ string, d os.DirEntry, _ error) error {
					if !d.IsDir() {
						files++
					}
					return nil
				})
			}
			tasks := float64(b.N * n)
			b.ReportMetric(all.Seconds()*1e3/tasks, "ms/task")
			b.ReportMetric(shells.Seconds()*1e3/tasks, "ms/shell")
			b.ReportMetric((all-shells).Seconds()*1e3/tasks, "ms-beyond/task")
			b.ReportMetric((allCPU-shellCPU).Seconds()*1e3/tasks, "cpu-ms-beyond/task")
			b.ReportMetric(float64(files)/tasks, "files/task")
			b.ReportMetric(peak(b), "MiB-peak")
		})
	}
}

// A run of which everything was done before: 10,000 tasks that are taken over.
func BenchmarkResumeFinished(b *testing.B) {
	const n = 10_000
	w := newBench(b)
	d := wide(b, n)
	d.steps["task"].Script = &contract.Script{Text: "true"}
	opt := w.options(d)
	opt.MaxParallel = 2
	first := w.run(opt)
	if first.Status != record.Succeeded {
		b.Fatal(first.Explain())
	}
	for b.Loop() {
		opt := w.options(d)
		opt.Resume = w.resume(first.Run)
		if r := w.run(opt); r.Status != record.Succeeded || r.Counts["ok"] != n {
			b.Fatalf("%s %v", r.Status, r.Counts)
		}
	}
}
