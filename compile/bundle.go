package compile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/flowc-dev/flowc/contract"
)

// Bundle is what a target is given: files by their path, with slashes, in a folder.
type Bundle struct {
	files map[string][]byte
}

// MapFile is the file of every bundle that says what the bundle holds and where
// in the source its parts come from.
const MapFile = "source-map.json"

// SourceMap is the content of MapFile.
type SourceMap struct {
	V      int              `json:"v"`
	Target string           `json:"target"`
	Source string           `json:"source"` // name of the flow file, without its folder
	Files  []string         `json:"files"`  // all others of the bundle, sorted
	Places map[string]Place `json:"places"` // of steps and blocks, in the source
}

// Place is where something begins. Both numbers count from 1; columns count
// characters.
type Place struct {
	File   string `json:"file,omitempty"` // that is used, from the folder of Source; "" is Source itself
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Add puts a file into the bundle. A path that leads out of the bundle, or is
// taken, is an error of whoever made it.
func (b *Bundle) Add(path string, content []byte) error {
	if !filepath.IsLocal(path) || path == MapFile {
		return fmt.Errorf("a bundle can't hold a file %q", path)
	}
	if _, taken := b.files[path]; taken {
		return fmt.Errorf("two files %q", path)
	}
	if b.files == nil {
		b.files = map[string][]byte{}
	}
	b.files[path] = content
	return nil
}

// Paths returns the paths of all files, sorted.
func (b *Bundle) Paths() []string { return slices.Sorted(maps.Keys(b.files)) }

// File returns the content of one file, nil if there is none.
func (b *Bundle) File(path string) []byte { return b.files[path] }

// addMap adds the source map, last.
func (b *Bundle) addMap(target string, r *Result) {
	m := SourceMap{V: 1, Target: target, Source: filepath.Base(r.Name), Files: b.Paths(), Places: map[string]Place{}}
	for node := range r.Plan.Places {
		if _, pos, ok := r.place(node); ok {
			m.Places[node] = Place{r.files[r.Plan.Places[node].File], pos.Line, pos.Column}
		}
	}
	text, err := contract.Canonical(m)
	if err != nil {
		panic("compile: " + err.Error()) // texts and numbers only
	}
	b.files[MapFile] = text
}

// ReadMap reads a source map that any bundle left, maybe long ago.
func ReadMap(text []byte) (SourceMap, error) {
	var m SourceMap
	if err := json.Unmarshal(text, &m); err != nil {
		return SourceMap{}, fmt.Errorf("malformed %s: %w", MapFile, err)
	}
	return m, nil
}
