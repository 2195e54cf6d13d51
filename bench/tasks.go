package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// tasks measures what a task costs beyond the process that it starts.
func (b *bench) tasks() error {
	sizes := []int{1000, 10000}
	if b.quick {
		sizes = []int{100, 1000}
	}
	t := newTable("No-op tasks in a foreach", "tasks", "time", "processes alone", "beyond, a task", "files a task", "peak memory", "promised")
	for i, n := range sizes {
		folder := filepath.Join(b.dir, fmt.Sprint("tasks", n))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		text := fmt.Sprintf("flow: noop\nsteps:\n  noop:\n    foreach: {i: range(%d)}\n    command: [\"true\"]\n", n)
		path := filepath.Join(folder, "flow.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			return err
		}
		alone, err := processes(n)
		if err != nil {
			return err
		}
		cmd := exec.Command(b.flowc, "run", path)
		took, err := timed(cmd)
		if err != nil {
			return err
		}
		beyond := max(took-alone, 0) / time.Duration(n)
		files, err := countFiles(filepath.Join(folder, ".flowc", "runs"))
		if err != nil {
			return err
		}
		perTask := float64(files) / float64(n)
		memory := peak(cmd)
		kept := promise("under 5 ms, at most 4 files", beyond < 5*time.Millisecond && perTask <= 4)
		if i == 1 {
			kept = promise("under 300 MiB", memory < 300<<20)
		}
		t.row(n, ms(took), ms(alone), ms(beyond), fmt.Sprintf("%.2f", perTask), mib(memory), kept)
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return t.end()
}

// processes is how long it takes to start the commands and nothing else, as
// many at once as flowc does.
func processes(n int) (time.Duration, error) {
	start := time.Now()
	work := make(chan struct{})
	var group sync.WaitGroup
	var once sync.Once
	var failed error
	for range runtime.NumCPU() {
		group.Go(func() {
			for range work {
				if err := exec.Command("true").Run(); err != nil {
					once.Do(func() { failed = err })
				}
			}
		})
	}
	for range n {
		work <- struct{}{}
	}
	close(work)
	group.Wait()
	return time.Since(start), failed
}

func countFiles(root string) (int, error) {
	n := 0
	err := filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	return n, err
}

// peak is the most memory that the ended command held, in bytes.
func peak(cmd *exec.Cmd) uint64 {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return uint64(usage.Maxrss)
	}
	return uint64(usage.Maxrss) << 10
}
