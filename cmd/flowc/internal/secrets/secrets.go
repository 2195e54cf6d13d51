// Package secrets reads the file that gives a local run its secrets:
//
//	# comments and empty lines are skipped
//	db/password=correct horse
//	hf/token="quoted: with \n line breaks and \"quotes\""
//
// No error of this package holds a value.
package secrets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 20

// Set is the content of a file: the value of "store/key".
type Set struct {
	name   string
	values map[string]string
}

// File reads a file. open reports whether others than its owner may read it.
func File(path string) (set *Set, open bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if info.IsDir() {
		return nil, false, fmt.Errorf("%s is a folder, not a file of secrets", path)
	}
	set, err = Read(f, path)
	return set, info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0, err
}

// Read reads the form above; name is for errors.
func Read(r io.Reader, name string) (*Set, error) {
	set := &Set{name: name, values: map[string]string{}}
	in := bufio.NewScanner(io.LimitReader(r, maxFile+1))
	in.Buffer(nil, maxFile+1)
	size := 0
	for n := 1; in.Scan(); n++ {
		size += len(in.Bytes()) + 1
		if size > maxFile {
			return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
		}
		line := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		if err := set.add(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	}
	return set, in.Err()
}

func (s *Set) add(line string) error {
	key, value, ok := strings.Cut(line, "=")
	if !ok {
		return errors.New("want store/key=value")
	}
	key = strings.TrimSpace(key)
	store, rest, ok := strings.Cut(key, "/")
	if !ok || store == "" || rest == "" || strings.ContainsAny(key, " \t\"'") {
		return errors.New("the name of a secret is store/key, as in db/password=value")
	}
	if _, twice := s.values[key]; twice {
		return fmt.Errorf("%s is there twice", key)
	}
	value = strings.TrimSpace(value)
	if len(value) >= 2 && value[0] == '\'' && value[len(value)-1] == '\'' {
		value = value[1 : len(value)-1]
	} else if strings.HasPrefix(value, `"`) {
		plain, err := strconv.Unquote(value)
		if err != nil {
			return fmt.Errorf("the value of %s begins with a quote and is not quoted well: "+
				"end it with a quote, and write \\\" and \\\\ inside", key)
		}
		value = plain
	}
	if strings.ContainsRune(value, 0) {
		return fmt.Errorf("the value of %s holds a NUL, which no variable can", key)
	}
	s.values[key] = value
	return nil
}

// Get returns the value of a secret. It is a runtime.SecretSource.
func (s *Set) Get(store, key string) (string, error) {
	name := store + "/" + key
	v, ok := s.values[name]
	if !ok {
		return "", fmt.Errorf("there is no secret %s in %s", name, s.name)
	}
	return v, nil
}

// Has reports whether there is a secret of that name.
func (s *Set) Has(store, key string) bool {
	_, ok := s.values[store+"/"+key]
	return ok
}
