// Package starter holds the flow that `flowc init` writes.
package starter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed files
var files embed.FS

// FlowFile is the name of the flow's file in the folder.
const FlowFile = "flow.yaml"

// Write puts the flow into dir, which it makes if need be, under a name made
// of the folder's. It overwrites nothing: if a file is there already it writes
// nothing at all and the error says which. A .gitignore that is there is left
// as it is. It returns the paths written, in byte order.
func Write(dir string) ([]string, error) {
	name, err := flowName(dir)
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, f := range []struct{ from, to string }{
		{"gitignore", ".gitignore"}, {"flow.yaml", FlowFile}, {"pi.py", "pi.py"},
	} {
		text, err := files.ReadFile("files/" + f.from)
		if err != nil {
			return nil, err
		}
		contents[f.to] = bytes.ReplaceAll(text, []byte("{{flow}}"), []byte(name))
	}
	order := []string{".gitignore", FlowFile, "pi.py"}
	for _, file := range order {
		path := filepath.Join(dir, file)
		switch _, err := os.Lstat(path); {
		case err == nil && file == ".gitignore":
			delete(contents, file)
		case err == nil:
			return nil, fmt.Errorf("%s exists already; nothing was written", path)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var written []string
	for _, file := range order {
		text, ok := contents[file]
		if !ok {
			continue
		}
		path := filepath.Join(dir, file)
		if err := writeNew(path, text); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// flowName makes a legal name of a flow out of a folder's.
func flowName(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range strings.ToLower(filepath.Base(abs)) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() == 40 {
			break
		}
	}
	name := strings.TrimRight(b.String(), "_")
	if name == "" || strings.HasPrefix(name, "flowc") {
		name = "first"
	}
	return name, nil
}
