//go:build unix

package dir_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

// The test binary runs itself again as other processes: FLOWC_TEST_ROLE says
// what such a process does to the store in FLOWC_TEST_STORE.
func TestMain(m *testing.M) {
	role, ok := os.LookupEnv("FLOWC_TEST_ROLE")
	if !ok {
		os.Exit(m.Run())
	}
	s, err := dir.Open(os.Getenv("FLOWC_TEST_STORE"))
	if err == nil {
		switch role {
		case "racer":
			err = racer(s)
		case "writer":
			err = writer(s)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func process(t *testing.T, role, root string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "FLOWC_TEST_ROLE="+role, "FLOWC_TEST_STORE="+root)
	cmd.Stderr = os.Stderr
	return cmd
}

const raced = 60

// racer waits for a byte on stdin, then tries to create every key, and prints those it won.
func racer(s store.Store) error {
	if _, err := io.ReadFull(os.Stdin, make([]byte, 1)); err != nil {
		return err
	}
	for i := range raced {
		key := fmt.Sprintf("results/s%d/%d.json", i%3, i)
		err := store.PutBytes(context.Background(), s, key, fmt.Appendf(nil, "%d", os.Getpid()))
		switch {
		case err == nil:
			fmt.Println(key)
		case !errors.Is(err, store.ErrExists):
			return err
		}
	}
	return nil
}

func TestProcessesRace(t *testing.T) {
	root := t.TempDir()
	type racer struct {
		cmd *exec.Cmd
		in  io.WriteCloser
		out bytes.Buffer
	}
	racers := make([]*racer, 4)
	for i := range racers {
		r := &racer{cmd: process(t, "racer", root)}
		in, err := r.cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		r.in, r.cmd.Stdout = in, &r.out
		if err := r.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		racers[i] = r
	}
	for _, r := range racers {
		r.in.Write([]byte{1})
	}
	winners := map[string]int{}
	for _, r := range racers {
		if err := r.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(r.out.String()) {
			key := strings.TrimSpace(line)
			if first, ok := winners[key]; ok {
				t.Errorf("both %d and %d won %s", first, r.cmd.Process.Pid, key)
			}
			winners[key] = r.cmd.Process.Pid
		}
	}
	if len(winners) != raced {
		t.Errorf("%d of %d keys have a winner", len(winners), raced)
	}
	s := open(t, root)
	for key, pid := range winners {
		if got, err := store.ReadAll(t.Context(), s, key, 100); err != nil || string(got) != fmt.Sprint(pid) {
			t.Errorf("%s was won by %d and has %q, %v", key, pid, got, err)
		}
	}
}

const objectSize = 200_000

// writer creates objects until it is killed, and prints a line after each.
func writer(s store.Store) error {
	for i := 0; ; i++ {
		key := fmt.Sprintf("p%d/%d", os.Getpid(), i)
		if err := store.PutBytes(context.Background(), s, key, bytes.Repeat([]byte{byte(i)}, objectSize)); err != nil {
			return err
		}
		fmt.Println(key)
	}
}

// A killed writer loses nothing that it reported, shows nothing half-written,
// and its temporary files go when the next process writes. Those of a process
// that lives stay.
func TestKilledWriters(t *testing.T) {
	root := t.TempDir()
	alive := open(t, root)
	slow := &gate{data: make([]byte, 300_000), entered: make(chan struct{}), leave: make(chan struct{})}
	done := make(chan error)
	go func() { done <- alive.Put(t.Context(), "slow", slow) }()
	<-slow.entered

	reported := map[string]bool{}
	for range 6 {
		cmd := process(t, "writer", root)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 5 {
			if !lines.Scan() {
				t.Fatal("the writer ended")
			}
			reported[lines.Text()] = true
		}
		cmd.Process.Kill()
		for lines.Scan() {
			reported[lines.Text()] = true
		}
		cmd.Wait()
	}
	s := open(t, root)
	for _, key := range list(t, s) {
		got, err := store.ReadAll(t.Context(), s, key, 1<<20)
		if err != nil || len(got) != objectSize || !bytes.Equal(got, bytes.Repeat(got[:1], objectSize)) {
			t.Errorf("%s has %d of %d bytes, or mixed ones, %v", key, len(got), objectSize, err)
		}
		delete(reported, key)
	}
	if len(reported) > 0 {
		t.Errorf("lost: %v", reported)
	}

	// What a dead process may have left: a folder with a file and a lock that nobody holds.
	for _, path := range []string{"@tmp/dead/1", "@tmp/dead.lock", "@tmp/nolock/1"} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "next", "x")
	if files := leftovers(t, root); len(files) != 1 {
		t.Errorf("under @tmp there are %q, want only the file of the slow put", files)
	}
	if entries, _ := os.ReadDir(filepath.Join(root, "@tmp")); len(entries) != 4 {
		t.Errorf("under @tmp there are %v, want folder and lock of two live stores", entries)
	}
	close(slow.leave)
	if err := <-done; err != nil {
		t.Errorf("the put that was under way failed: %v", err)
	}
	if got, err := store.ReadAll(t.Context(), s, "slow", 1<<20); err != nil || len(got) != len(slow.data) {
		t.Errorf("the put that was under way has %d bytes, %v", len(got), err)
	}
}

// gate is a body whose first read waits.
type gate struct {
	data           []byte
	at             int
	entered, leave chan struct{}
}

func (g *gate) Read(p []byte) (int, error) {
	if g.at == 0 {
		close(g.entered)
		<-g.leave
	}
	if g.at == len(g.data) {
		return 0, io.EOF
	}
	n := copy(p, g.data[g.at:])
	g.at += n
	return n, nil
}

func (g *gate) Seek(off int64, whence int) (int64, error) { return 0, nil }

// Many stores that begin at the same moment must not take each other for dead.
func TestStartTogether(t *testing.T) {
	root := t.TempDir()
	errs := make(chan error)
	const n = 24
	for i := range n {
		go func() {
			s, err := dir.Open(root)
			if err == nil {
				err = store.PutBytes(t.Context(), s, fmt.Sprintf("k%d", i), bytes.Repeat([]byte("x"), 1000))
			}
			errs <- err
		}()
	}
	for range n {
		select {
		case err := <-errs:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("stuck")
		}
	}
}
