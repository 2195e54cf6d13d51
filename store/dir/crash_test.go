//go:build linux

package dir_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

// TestMachineCrash checks what the package comment says of durability: it stops
// a file system in the middle of its work, so that what it had not yet written
// is lost, mounts it again and looks at every object.
//
// It needs root, mkfs and loop devices, so it runs on demand only:
//
//	FLOWC_TEST_CRASH=ext4,xfs go test ./store/dir -run TestMachineCrash -v
func TestMachineCrash(t *testing.T) {
	kinds := os.Getenv("FLOWC_TEST_CRASH")
	if kinds == "" {
		t.Skip("set FLOWC_TEST_CRASH to a list of file systems to run it")
	}
	for kind := range strings.SplitSeq(kinds, ",") {
		for round := range 5 {
			t.Run(fmt.Sprintf("%s/%d", kind, round), func(t *testing.T) {
				crashOnce(t, kind, time.Duration(1500+round*450)*time.Millisecond)
			})
		}
	}
}

func crashOnce(t *testing.T, kind string, after time.Duration) {
	image, mount := filepath.Join(t.TempDir(), "image"), t.TempDir()
	f, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(1<<30), f.Close()); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs."+kind, "-q", image)
	options := "loop"
	if kind == "ext4" {
		options += ",commit=1" // more moments at which things can go wrong
	}
	run(t, "mount", "-o", options, image, mount)
	written := writeUntilCrash(t, mount, after)
	run(t, "umount", mount)
	run(t, "mount", "-o", "loop", image, mount)
	t.Cleanup(func() { run(t, "umount", mount) })

	s := open(t, filepath.Join(mount, "store"))
	objects, last := 0, map[string]bool{}
	for info, err := range s.List(t.Context(), "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		objects++
		last[info.Key] = true
		var w, i int
		if _, err := fmt.Sscanf(info.Key, "w%d/%d", &w, &i); err != nil {
			t.Fatalf("a strange key %s", info.Key)
		}
		data, err := store.ReadAll(t.Context(), s, info.Key, 1<<20)
		if err != nil || !bytes.Equal(data, crashData(w, i)) {
			t.Errorf("%s is torn: %d of %d bytes, %v", info.Key, len(data), len(crashData(w, i)), err)
		}
		// What the same writer put before is there too.
		if earlier := fmt.Sprintf("w%d/%09d", w, i-1); i > 0 && !last[earlier] {
			t.Errorf("%s is there, and %s isn't", info.Key, earlier)
		}
	}
	t.Logf("%d of %d objects are there after the crash", objects, written)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func crashData(w, i int) []byte {
	size := 1 + (i*7919+w*131)%9000
	if i%50 == 0 {
		size = 300_000
	}
	return bytes.Repeat([]byte{byte(i%255 + 1)}, size)
}

// writeUntilCrash returns how many objects were put before the file system died.
func writeUntilCrash(t *testing.T, mount string, after time.Duration) (written int) {
	s, err := dir.Open(filepath.Join(mount, "store"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				if store.PutBytes(context.Background(), s, fmt.Sprintf("w%d/%09d", w, i), crashData(w, i)) != nil {
					return
				}
				mu.Lock()
				written++
				mu.Unlock()
			}
		})
	}
	time.Sleep(after)
	top, err := os.Open(mount)
	if err != nil {
		t.Fatal(err)
	}
	defer top.Close()
	const shutdown, noLogFlush = 0x8004587d, 2
	if err := unix.IoctlSetPointerInt(int(top.Fd()), shutdown, noLogFlush); err != nil {
		t.Fatalf("stopping the file system: %v", err)
	}
	wg.Wait()
	s.Close() // fails, as everything does by now, but gives the directory back
	return written
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}
