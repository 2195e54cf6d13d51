package s3

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate makes room for size bytes, so that a full disk shows before they
// are fetched.
func allocate(f *os.File, size int64) error {
	for {
		switch err := unix.Fallocate(int(f.Fd()), 0, 0, size); {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return f.Truncate(size)
		default:
			return &os.PathError{Op: "allocate", Path: f.Name(), Err: err}
		}
	}
}
