package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
)

// maxSource is the largest flow file that is read, in bytes. A flow of 10,000
// steps has about 2 MB.
const maxSource = 64 << 20

// stdinName is what findings call standard input.
const stdinName = "<stdin>"

// compileFile reads a flow file, or standard input for "-", and compiles it.
// Findings are in the result; the error says that there was nothing to compile.
func (a *app) compileFile(srcs *diag.Sources, path string) (*compile.Result, error) {
	text, err := a.read(path)
	if err != nil {
		return nil, err
	}
	name := path
	if path == "-" {
		name = stdinName
	}
	return compile.File(srcs, name, text, a.filesBeside(path)...), nil
}

// filesBeside lets a flow file use others. Standard input has no folder.
func (a *app) filesBeside(path string) []compile.Option {
	if path == "-" {
		return nil
	}
	folder := folderOf(path)
	return []compile.Option{compile.WithFiles(func(name string) ([]byte, error) {
		return a.read(filepath.Join(folder, filepath.FromSlash(name)))
	})}
}

// compileOK is for commands that need a plan: it prints the findings for
// people, and ends the command where they are errors.
func (a *app) compileOK(path string) (*compile.Result, error) {
	r, err := a.compileFile(&diag.Sources{}, path)
	if err != nil {
		return nil, err
	}
	shown := r.Findings
	if r.OK() {
		shown = withoutNotes(shown)
	}
	if err := a.explain(a.stderr, shown, r.Sources); err != nil {
		return nil, err
	}
	if !r.OK() {
		a.say("%s: %s", r.Name, r.Findings.Tally())
		return nil, status(exitUsage)
	}
	return r, nil
}

// explain prints findings as text.
func (a *app) explain(w io.Writer, list diag.List, srcs *diag.Sources) error {
	if len(list) == 0 {
		return nil
	}
	if err := diag.WriteText(w, list, srcs, diag.TextOptions{Width: min(a.width(w), 120), Color: a.color(w)}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func withoutNotes(list diag.List) diag.List {
	var out diag.List
	for _, d := range list {
		if d.Severity != diag.Note {
			out = append(out, d)
		}
	}
	return out
}

// read returns the bytes of a file, or of standard input for "-".
func (a *app) read(path string) ([]byte, error) {
	if path == "-" {
		if a.stdinTaken {
			return nil, usagef("", "standard input can be read only once")
		}
		a.stdinTaken = true
		return limited(a.stdin, stdinName)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, hint(fmt.Errorf("%s is a folder", path), "name the flow file in it, like %s/flow.yaml", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, path)
}

func limited(r io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSource+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > maxSource {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxSource>>20)
	}
	return text, nil
}
