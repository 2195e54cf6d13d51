package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// Limits of folders.
const (
	MaxEntries  = 1_000_000 // files, links and empty folders
	maxManifest = 512 << 20 // bytes of its JSON
	maxPath     = 4096      // bytes of a path or of a link's target
)

// Entry is one thing in a folder. Folders that hold something have no entry.
type Entry struct {
	Path string `json:"path"`           // from the folder, with "/" in between
	Blob string `json:"blob,omitempty"` // of a file: its digest
	Size int64  `json:"size,omitempty"` // of a file: its bytes
	Exec bool   `json:"exec,omitempty"` // of a file: its owner may execute it
	Link string `json:"link,omitempty"` // of a symbolic link: its target, inside the folder
	Dir  bool   `json:"dir,omitempty"`  // of an empty folder
}

// manifest is the content of a dir's blob. Entries are in byte order of their paths.
type manifest struct {
	V       int     `json:"v"`
	Entries []Entry `json:"entries"`
}

const manifestVersion = 1

// encode returns the only text that a folder with these entries has: one entry a line.
func (m manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	fmt.Fprintf(&b, `{"v":%d,"entries":[`, m.V)
	for i, e := range m.Entries {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		if err := enc.Encode(e); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // the encoder's newline
	}
	b.WriteString("\n]}\n")
	if b.Len() > maxManifest {
		return nil, fmt.Errorf("its list of files would have %d bytes, more than %d", b.Len(), maxManifest)
	}
	return b.Bytes(), nil
}

// decodeManifest reads a manifest and checks it, so that whoever follows it
// stays inside the folder.
func decodeManifest(data []byte) (manifest, error) {
	var m manifest
	if !utf8.Valid(data) {
		return m, errors.New("it is not UTF-8")
	}
	var head struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return m, err
	}
	if head.V > manifestVersion {
		return m, fmt.Errorf("%w: the manifest has version %d, this program reads up to %d", record.ErrNewer, head.V, manifestVersion)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return m, errors.New("there is text after its end")
	}
	if m.V != manifestVersion {
		return m, fmt.Errorf("it has the version %d instead of %d", m.V, manifestVersion)
	}
	if err := m.check(); err != nil {
		return m, err
	}
	// Nothing else may hide in the text: no name twice, none in another case.
	if text, err := m.encode(); err != nil || !bytes.Equal(text, data) {
		return m, errors.New("it is not written as flowc writes it")
	}
	return m, nil
}

// check holds what the fields of Entry promise.
func (m manifest) check() error {
	if len(m.Entries) > MaxEntries {
		return fmt.Errorf("it has %d entries, more than %d", len(m.Entries), MaxEntries)
	}
	entries := make(map[string]bool, len(m.Entries))
	last := ""
	var total int64
	for _, e := range m.Entries {
		if err := e.check(); err != nil {
			return fmt.Errorf("entry %q: %w", e.Path, err)
		}
		if e.Path <= last {
			return fmt.Errorf("entry %q: it is out of order or comes twice", e.Path)
		}
		last = e.Path
		entries[e.Path] = true
		if total += e.Size; total < 0 {
			return errors.New("its files are larger than can be")
		}
	}
	for _, e := range m.Entries {
		for folder := path.Dir(e.Path); folder != "."; folder = path.Dir(folder) {
			if entries[folder] {
				return fmt.Errorf("entry %q: it lies in %q, which is no folder that holds something", e.Path, folder)
			}
		}
	}
	return nil
}

func (e Entry) check() error {
	if err := checkName(e.Path); err != nil {
		return err
	}
	kinds := 0
	for _, is := range []bool{e.Blob != "", e.Link != "", e.Dir} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return errors.New("it must be one of a file, a link and an empty folder")
	case e.Blob == "" && (e.Size != 0 || e.Exec):
		return errors.New("only a file has a size and can be executed")
	case e.Blob != "" && !record.IsDigest(e.Blob):
		return errors.New("its blob is no sha256 in hex")
	case e.Size < 0:
		return errors.New("its size is negative")
	case e.Link != "":
		return checkLink(e.Path, e.Link)
	}
	return nil
}

// checkName refuses paths that don't mean one place inside the folder, here
// and on other systems.
func checkName(name string) error {
	if len(name) > maxPath {
		return fmt.Errorf("its path has more than %d bytes", maxPath)
	}
	if !utf8.ValidString(name) {
		return errors.New("its name is not UTF-8")
	}
	if _, err := filepath.Localize(name); err != nil || name == "." || !fs.ValidPath(name) {
		return errors.New("its path is not a plain one inside the folder")
	}
	return nil
}

// checkLink refuses links that may lead out of the folder. To be sure of that
// without following other links, ".." may only be at the start of a target: it
// then goes up from the folder where the link lies, which is no link itself.
func checkLink(name, target string) error {
	if len(target) > maxPath || !utf8.ValidString(target) || strings.ContainsRune(target, 0) {
		return errors.New("its target is no path")
	}
	if path.IsAbs(target) || filepath.IsAbs(target) {
		return fmt.Errorf("the link leads to %s, outside of the folder", target)
	}
	depth := strings.Count(name, "/")
	down := false
	for seg := range strings.SplitSeq(target, "/") {
		switch {
		case seg == "" || seg == ".":
		case seg != "..":
			down = true
		case down:
			return fmt.Errorf("the link leads to %s, which goes down and up again", target)
		default:
			if depth--; depth < 0 {
				return fmt.Errorf("the link leads to %s, outside of the folder", target)
			}
		}
	}
	return nil
}

// ReadDir returns the entries of a dir in byte order of their paths. The files
// themselves are not read.
func ReadDir(ctx context.Context, st store.Store, b types.Blob) ([]Entry, error) {
	key, err := keyOf(b)
	if err != nil {
		return nil, err
	}
	data, err := store.ReadAll(ctx, st, key, maxManifest)
	if err != nil {
		return nil, err
	}
	// The size of a dir is that of its files, not of the manifest.
	self := types.Blob{Digest: b.Digest, Size: int64(len(data))}
	if err := check(st, self, sha256.Sum256(data), self.Size); err != nil {
		return nil, err
	}
	m, err := decodeManifest(data)
	if err != nil {
		return nil, fmt.Errorf("blob %s in store %s is no folder: %w", b.Digest, st.URL(), err)
	}
	var total int64
	for _, e := range m.Entries {
		total += e.Size
	}
	if total != b.Size {
		return nil, fmt.Errorf("the folder with blob %s in store %s has files of %d bytes instead of %d", b.Digest, st.URL(), total, b.Size)
	}
	return m.Entries, nil
}
