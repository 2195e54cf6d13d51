package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/cmd/flowc/internal/params"
	"github.com/flowc-dev/flowc/cmd/flowc/internal/secrets"
	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/types"
)

// params reads what the flags and the params file give.
func (a *app) params(ctx context.Context, f *runFlags, r *compile.Result, s store.Store) (map[string]json.RawMessage, error) {
	set, err := params.New(r.Plan.Doc, func(path string) (json.RawMessage, error) {
		return upload(ctx, s, path)
	})
	if err != nil {
		return nil, err
	}
	for _, text := range f.params {
		if err := set.Flag(text); err != nil {
			return nil, usagef("", "--param: %v", err)
		}
	}
	if f.paramsFile == "" {
		return set.Values(), nil
	}
	text, err := a.read(f.paramsFile)
	if err != nil {
		return nil, err
	}
	name := f.paramsFile
	if name == "-" {
		name = stdinName
	}
	var srcs diag.Sources
	found := set.File(&srcs, name, text)
	if err := a.explain(a.stderr, found, &srcs); err != nil {
		return nil, err
	}
	if found.HasErrors() {
		a.say("%s: %s", printable(name), found.Tally())
		return nil, status(exitUsage)
	}
	return set.Values(), nil
}

// upload takes a file or folder into the store, as the value of a param.
func upload(ctx context.Context, s store.Store, path string) (json.RawMessage, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var b types.Blob
	if info.IsDir() {
		b, err = artifact.ImportDir(ctx, s, path)
	} else {
		b, err = artifact.ImportFile(ctx, s, path, filepath.Ext(path))
	}
	if err != nil {
		return nil, err
	}
	return types.MarshalValue(types.Any, b)
}

// secrets reads the secrets of the flow. What is missing is reported before
// anything starts.
func (a *app) secrets(f *runFlags, r *compile.Result) (runtime.SecretSource, error) {
	var missing []string
	set := &secrets.Set{}
	if f.secretsFile != "" {
		var open bool
		var err error
		if set, open, err = secrets.File(f.secretsFile); err != nil {
			return nil, err
		}
		if open {
			a.say("warning: others on this machine may read %s; chmod 600 keeps it to you", printable(f.secretsFile))
		}
	}
	for _, step := range r.Plan.Steps {
		for _, s := range step.Secrets {
			if !set.Has(s.Store, s.Key) {
				missing = append(missing, fmt.Sprintf("%s/%s (step %s)", s.Store, s.Key, step.Step))
			}
		}
	}
	if len(missing) == 0 {
		return set.Get, nil
	}
	slices.Sort(missing)
	err := fmt.Errorf("the flow needs secrets that are not there: %s", strings.Join(slices.Compact(missing), ", "))
	if f.secretsFile == "" {
		return nil, hint(err, "write them into a file, one store/key=value a line, and give it as --secrets-file")
	}
	return nil, hint(err, "add them to %s, one store/key=value a line", f.secretsFile)
}

// codeFolder is where commands run: the root of the code package.
func codeFolder(r *compile.Result, file string) (string, error) {
	folder := folderOf(file)
	if p := r.Plan.Doc.Package; p != nil && p.Root != "" {
		folder = filepath.Join(folder, filepath.FromSlash(p.Root))
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(abs); err != nil {
		return "", fmt.Errorf("the root of the code package: %w", err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("the root of the code package, %s, is not a folder", folder)
	}
	return abs, nil
}

// placeIn says where a step stands, for the report of a failure.
func placeIn(r *compile.Result) func(step string) (engine.Place, bool) {
	return func(step string) (engine.Place, bool) {
		src, line, ok := r.Line(step)
		if !ok {
			return engine.Place{}, false
		}
		return engine.Place{File: src.Name, Line: line, Text: src.Line(line)}, true
	}
}

// sourceOf is what a run's record says of its flow file, so that a resume finds
// it: from the folder around the store if it lies in there, so that both can be
// moved together, else absolute. Only a store on this machine gets it.
func sourceOf(file string, s store.Store) string {
	around, ok := around(s)
	if !ok || file == "-" {
		return ""
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	if rel, err := filepath.Rel(around, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return abs
}

// sourceIn is the inverse of sourceOf.
func sourceIn(source string, s store.Store) string {
	around, ok := around(s)
	if !ok || source == "" || filepath.IsAbs(source) {
		return source
	}
	return shortPath(filepath.Join(around, filepath.FromSlash(source)))
}

// around is the folder that a store on this machine lies in.
func around(s store.Store) (string, bool) {
	d, ok := s.(*dir.Store)
	if !ok {
		return "", false
	}
	return filepath.Dir(d.URL()), true
}
