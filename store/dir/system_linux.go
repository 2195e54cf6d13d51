package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// settle returns when f's bytes are on the device, and its size is sure to be
// there before any name that f is given later. See the package comment.
func settle(f *os.File) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err == nil {
		switch fs.Type {
		case unix.TMPFS_MAGIC:
			return nil
		case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC:
			const all = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
			if err := retry(func() error { return unix.SyncFileRange(int(f.Fd()), 0, 0, all) }); err == nil {
				return nil
			}
		}
	}
	return f.Sync()
}

// startWriting tells the device that it may write a part of f already.
func startWriting(f *os.File, off, n int64) {
	unix.SyncFileRange(int(f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
}

// clone makes the empty file dst share the bytes of src until one of them is
// changed. It fails where the file system can't.
func clone(dst, src *os.File) error {
	return retry(func() error { return unix.IoctlFileClone(int(dst.Fd()), int(src.Fd())) })
}

func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
