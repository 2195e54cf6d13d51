//go:build unix && !solaris && !illumos && !aix

package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock on f if nobody holds it. The lock ends when f is
// closed or the process ends, however that happens.
func tryLock(f *os.File, whose owner) bool {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil:
			return true
		case unix.EWOULDBLOCK:
			return false
		case unix.EINTR:
		default: // a file system without locks
			return byAge(f, whose)
		}
	}
}
