//go:build !unix || solaris || illumos || aix

package dir

import "os"

// tryLock takes the lock on f if nobody holds it, as far as can be told here.
func tryLock(f *os.File, whose owner) bool { return byAge(f, whose) }
