package store

import (
	"fmt"
	"strings"
)

// Limits of keys, in bytes: those of S3 and of file systems, with room for a
// prefix that a bucket's owner may put before all keys.
const (
	MaxKey     = 900
	MaxSegment = 200
)

// CheckKey tells whether key can be the key of an object: segments with "/"
// between them, each of 1 to MaxSegment of the characters A-Z a-z 0-9 . _ ~ = + -
// and neither "." nor "..", together at most MaxKey bytes.
// The error wraps ErrBadKey.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: it is empty", ErrBadKey)
	}
	if len(key) > MaxKey {
		return fmt.Errorf("%w: it has %d bytes, more than %d", ErrBadKey, len(key), MaxKey)
	}
	for rest, more := key, true; more; {
		var seg string
		seg, rest, more = strings.Cut(rest, "/")
		if err := checkSegment(seg); err != nil {
			return err
		}
	}
	return nil
}

// CheckPrefix tells whether some key may start with prefix. The error wraps ErrBadKey.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	folder, last := "", prefix
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		folder, last = prefix[:i], prefix[i+1:]
		if err := CheckKey(folder); err != nil {
			return err
		}
	}
	if len(prefix) > MaxKey {
		return fmt.Errorf("%w: it has %d bytes, more than %d", ErrBadKey, len(prefix), MaxKey)
	}
	if last == "" || last == "." || last == ".." { // "..x" is a good name
		return nil
	}
	return checkSegment(last)
}

func checkSegment(seg string) error {
	switch {
	case seg == "":
		return fmt.Errorf("%w: an empty name between slashes, or a slash at an end", ErrBadKey)
	case seg == "." || seg == "..":
		return fmt.Errorf("%w: the name %q", ErrBadKey, seg)
	case len(seg) > MaxSegment:
		return fmt.Errorf("%w: a name of %d bytes, more than %d", ErrBadKey, len(seg), MaxSegment)
	}
	for i := range len(seg) {
		if c := seg[i]; !keyByte[c] {
			return fmt.Errorf("%w: the character %q", ErrBadKey, rune(c))
		}
	}
	return nil
}

// IsName tells whether name can be a segment of a key.
func IsName(name string) bool { return checkSegment(name) == nil }

var keyByte = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~=+-") {
		t[c] = true
	}
	return t
}()
