// Package open finds the store that an address means. It is apart from package
// store so that only those who open stores depend on all kinds of them; kinds
// with heavy dependencies are not known here but given by the caller.
package open

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/mem"
)

// Scheme is one more kind of store: addresses that start with Name and ":".
type Scheme struct {
	Name string // "s3"
	Open func(ctx context.Context, u *url.URL) (store.Store, error)
}

// URL opens the store at an address:
//
//	runs, ./runs, /data/runs    a directory
//	file:///data/runs           a directory
//	mem:, mem:NAME              memory; the same store for the same name in one process
//
// and those of more. No request is made; a directory need not exist yet.
func URL(ctx context.Context, address string, more ...Scheme) (store.Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	scheme, isURL := schemeOf(address)
	if !isURL {
		if address == "" {
			return nil, fmt.Errorf("the address of the store is empty: give a directory or a URL")
		}
		return dir.Open(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the store is no URL: %w", bare(err))
	}
	switch scheme {
	case "file":
		return openFile(u)
	case "mem":
		name := strings.TrimPrefix(address, "mem:")
		if name != "" && !store.IsName(name) {
			return nil, fmt.Errorf("store mem:%s: the name may have the characters A-Z a-z 0-9 . _ ~ = + -", printable(name))
		}
		return mem.Named(name), nil
	}
	for _, s := range more {
		if s.Name == scheme {
			return s.Open(ctx, u)
		}
	}
	known := []string{"file", "mem"}
	for _, s := range more {
		known = append(known, s.Name)
	}
	slices.Sort(known)
	return nil, fmt.Errorf("there is no kind of store %q: an address is a directory, or a URL of the kind %s",
		scheme, strings.Join(known, ", "))
}

func openFile(u *url.URL) (store.Store, error) {
	switch {
	case u.Opaque != "" || !strings.HasPrefix(u.Path, "/"):
		return nil, fmt.Errorf("store %s: write file:///path, or the path alone", printable(u.Redacted()))
	case u.Host != "" && u.Host != "localhost":
		return nil, fmt.Errorf("store %s: a file URL can't name the host %s; write file:///path", printable(u.Redacted()), printable(u.Host))
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("store %s: a file URL has nothing but a path; write %%3F for ? and %%23 for #", printable(u.Redacted()))
	}
	return dir.Open(filepath.FromSlash(u.Path))
}

// schemeOf tells a URL from a path: a word of two letters or more and a colon,
// before any slash. A single letter is a drive.
func schemeOf(address string) (scheme string, ok bool) {
	before, _, found := strings.Cut(address, ":")
	if !found || len(before) < 2 || strings.ContainsFunc(before, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '-' || r == '.')
	}) {
		return "", false
	}
	if c := before[0] | 0x20; c < 'a' || c > 'z' {
		return "", false
	}
	return strings.ToLower(before), true
}

// bare drops the address from a url.Error: it may hold a password.
func bare(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

func printable(s string) string {
	q := fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}
