package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/store"
)

// neverCode are files that programs leave beside code. They are no part of it.
var neverCode = []string{
	"**/.git", "**/.hg", "**/.svn", "**/.flowc", "**/.DS_Store",
	"**/__pycache__", "**/*.pyc", "**/.venv", "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache",
	"**/.ipynb_checkpoints", "**/node_modules",
}

// codeDigest is the digest of the files that a step's result depends on. It is
// computed once: code does not change while a run is under way, or should not.
func (c *Config) codeDigest(ctx context.Context, s *contract.Step) (string, error) {
	include, exclude := inFolder(s.Dir, s.Code), []string(nil)
	if len(s.Code) == 0 {
		flow, err := c.Plan.Flow(ctx)
		if err != nil {
			return "", err
		}
		if p := flow.Package; p != nil {
			include, exclude = p.Include, p.Exclude
		}
		if s.Dir != "" {
			include = inFolder(s.Dir, []string{""})
		}
	}
	key := strings.Join(include, "\n") + "\x00" + strings.Join(exclude, "\n")
	return c.state().code.get(key, func() (string, error) { return CodeDigest(c.Code, include, exclude) })
}

// inFolder makes patterns that are relative to a folder relative to the root.
// The empty pattern means the folder itself.
func inFolder(dir string, patterns []string) []string {
	if dir == "" {
		return patterns
	}
	var out []string
	for _, p := range patterns {
		out = append(out, strings.TrimSuffix(plainPattern(dir)+"/"+strings.TrimPrefix(p, "./"), "/"))
	}
	return out
}

// plainPattern is the pattern that matches a path and nothing else.
func plainPattern(file string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(file)
}

// CodeDigest is the sha256 of the files below root: their names, contents and
// whether they are executable. Patterns are relative to root, with * and ? for
// names and ** for any number of folders; one that names a folder means all in
// it. No include pattern is all files. A pattern that includes nothing is an
// error, since a misspelt one would make results look fresh for ever.
func CodeDigest(root string, include, exclude []string) (string, error) {
	files, err := codeFiles(root, include, exclude)
	if err != nil {
		return "", err
	}
	all := sha256.New()
	for _, name := range files {
		sum, executable, err := hashFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%q %t %s\n", name, executable, sum)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// codeFiles lists files in byte order, with slashes.
func codeFiles(root string, include, exclude []string) ([]string, error) {
	exclude = append(slices.Clone(neverCode), exclude...)
	for _, p := range slices.Concat(include, exclude) {
		if _, err := path.Match(strings.ReplaceAll(p, "**", "*"), ""); err != nil {
			return nil, fmt.Errorf("the pattern %q for code is malformed", p)
		}
	}
	used := make([]bool, len(include))
	var files []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil || rel == "." {
			return err
		}
		name := filepath.ToSlash(rel)
		for _, p := range exclude {
			if matchPath(p, name) {
				if d.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
		}
		if d.IsDir() {
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
				return nil // to a folder, or to nothing
			}
		} else if !d.Type().IsRegular() {
			return nil
		}
		wanted := len(include) == 0
		for i, p := range include {
			if matchTree(p, name) {
				wanted, used[i] = true, true
			}
		}
		if wanted {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the code: %w", err)
	}
	for i, ok := range used {
		if !ok {
			return nil, fmt.Errorf("the pattern %q for code matches no file in %s", include[i], root)
		}
	}
	slices.Sort(files)
	return files, nil
}

// matchTree matches a pattern with a path or one of the folders above it.
func matchTree(pattern, name string) bool {
	for {
		if matchPath(pattern, name) {
			return true
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return false
		}
		name = name[:i]
	}
}

// matchPath matches a pattern with a whole path.
func matchPath(pattern, name string) bool {
	pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "./"), "/")
	return matchParts(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

func matchParts(pattern, name []string) bool {
	// reach[i]: pattern[:k] matches name[:i].
	reach := make([]bool, len(name)+1)
	reach[0] = true
	for _, p := range pattern {
		next := make([]bool, len(name)+1)
		if p == "**" {
			seen := false
			for i := range reach {
				seen = seen || reach[i]
				next[i] = seen
			}
		} else {
			for i := range name {
				if ok, _ := path.Match(p, name[i]); ok && reach[i] {
					next[i+1] = true
				}
			}
		}
		reach = next
	}
	return reach[len(name)]
}

func hashFile(file string) (sum string, executable bool, err error) {
	f, err := store.OpenRegular(file)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", false, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", false, err
	}
	return hex.EncodeToString(h.Sum(nil)), info.Mode()&0o111 != 0, nil
}

// digests remembers what is computed once for a run.
type digests struct {
	mu    sync.Mutex
	known map[string]string
}

func (d *digests) get(key string, compute func() (string, error)) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v, ok := d.known[key]; ok {
		return v, nil
	}
	v, err := compute()
	if err != nil {
		return "", err
	}
	if d.known == nil {
		d.known = map[string]string{}
	}
	d.known[key] = v
	return v, nil
}
