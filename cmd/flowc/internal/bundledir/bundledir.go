// Package bundledir keeps a compiled bundle in a folder: it writes one, and
// compares one with what is there, for pull requests and checks in CI.
package bundledir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/aymanbagabas/go-udiff"

	"github.com/flowc-dev/flowc/compile"
)

// Write puts the bundle into dir, which it makes if need be. Files that are as
// they should be are not touched. Files that an earlier bundle in dir had and
// this one doesn't are removed; files that no bundle made stay. It returns how
// many files were written or removed.
func Write(dir string, b *compile.Bundle) (changed int, err error) {
	stale, err := leftovers(dir, b)
	if err != nil {
		return 0, err
	}
	for _, path := range b.Paths() {
		wrote, err := replace(filepath.Join(dir, filepath.FromSlash(path)), b.File(path))
		if err != nil {
			return changed, err
		}
		if wrote {
			changed++
		}
	}
	for _, path := range stale {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.Remove(full); err != nil {
			return changed, err
		}
		changed++
		os.Remove(filepath.Dir(full)) // fails unless it is empty
	}
	return changed, nil
}

// replace makes path a file with that text, at once, and reports whether it
// had another content.
func replace(path string, text []byte) (bool, error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return false, err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, text, 0o666); err != nil {
		return false, err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return false, err
	}
	return true, nil
}

// Diff returns the unified diff from the files in dir to the bundle; it is
// empty if they are the same. Files in dir that no bundle made don't count.
func Diff(dir string, b *compile.Bundle) (string, error) {
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	stale, err := leftovers(dir, b)
	if err != nil {
		return "", err
	}
	paths := append(b.Paths(), stale...)
	slices.Sort(paths)
	var diff bytes.Buffer
	for _, path := range paths {
		from := filepath.ToSlash(filepath.Join(dir, filepath.FromSlash(path)))
		old, err := os.ReadFile(filepath.FromSlash(from))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			from = "/dev/null"
		case err != nil:
			return "", err
		}
		to := path
		text := b.File(path)
		if text == nil {
			to = "/dev/null"
		}
		diff.WriteString(udiff.Unified(from, to, string(old), string(text)))
	}
	return diff.String(), nil
}

// leftovers returns the files in dir that the bundle which was written there
// before had, and that b doesn't have.
func leftovers(dir string, b *compile.Bundle) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, compile.MapFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := compile.ReadMap(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	var stale []string
	for _, path := range before.Files {
		if b.File(path) != nil || path == compile.MapFile || !filepath.IsLocal(filepath.FromSlash(path)) {
			continue
		}
		if info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(path))); err == nil && info.Mode().IsRegular() {
			stale = append(stale, path)
		}
	}
	return stale, nil
}

// Print writes the bundle as one text: each file behind a line "-- path --"
// (the txtar format).
func Print(w io.Writer, b *compile.Bundle) error {
	for _, path := range b.Paths() {
		text := b.File(path)
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(slices.Clip(text), '\n')
		}
		if _, err := fmt.Fprintf(w, "-- %s --\n%s", path, text); err != nil {
			return err
		}
	}
	return nil
}
