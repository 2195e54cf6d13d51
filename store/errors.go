package store

import (
	"io/fs"
	"os"
	"strconv"
)

// Error is a failed request: which store, what was asked of it, and why it failed.
type Error struct {
	Store string // its URL
	Op    string // put, get, stat, list, delete, import, export, close
	Key   string // or the prefix of a list, or the path of the file to import
	Err   error
}

// Error is "store URL: op key: why".
func (e *Error) Error() string {
	msg := "store " + e.Store + ": " + e.Op
	if e.Key != "" {
		msg += " " + printable(e.Key)
	}
	return msg + ": " + e.Err.Error()
}

// Unwrap returns why the request failed.
func (e *Error) Unwrap() error { return e.Err }

// Fail returns err as an [*Error], for implementations of Store. It is nil for
// nil, and leaves an err alone that is an *Error already. An error of the file
// system loses its path, since the key says the same.
func Fail(s Store, op, key string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *Error:
		return e
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	}
	return &Error{Store: s.URL(), Op: op, Key: key, Err: err}
}

// printable quotes what would not print as itself on one line, and cuts what is too long.
func printable(s string) string {
	if len(s) > MaxKey {
		s = s[:MaxKey] + "..."
	}
	if q := strconv.Quote(s); len(q) != len(s)+2 {
		return q
	}
	return s
}
