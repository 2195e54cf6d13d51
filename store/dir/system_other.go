//go:build !linux

package dir

import (
	"errors"
	"os"
)

// settle returns when f's bytes and size are on the device.
func settle(f *os.File) error { return f.Sync() }

// startWriting tells the device that it may write a part of f already.
func startWriting(f *os.File, off, n int64) {}

// clone makes the empty file dst share the bytes of src. It can't here.
func clone(dst, src *os.File) error { return errors.ErrUnsupported }
