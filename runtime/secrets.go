package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/flowc-dev/flowc/contract"
)

// secretValue is a secret of the step, and where the command finds it.
type secretValue struct {
	env, file, value string
}

// readSecrets gets the step's secrets, makes the masker of them, and writes
// those that are files. They never come into a record or a log.
func (j *job) readSecrets() *failure {
	var values []string
	for _, s := range j.step.Secrets {
		v, err := j.cfg.secret(s)
		if err != nil {
			return fail(kindInput, "secret %s/%s: %v", s.Store, s.Key, err)
		}
		if strings.ContainsRune(v, 0) && s.Env != "" {
			return fail(kindInput, "secret %s/%s holds a zero byte and cannot be a variable; take it as a file", s.Store, s.Key)
		}
		values = append(values, v)
		j.secrets = append(j.secrets, secretValue{env: s.Env, file: s.File, value: v})
	}
	j.mask = newMasker(values)
	if j.cfg.Secrets == nil {
		return nil // the orchestrator has put them in their places
	}
	for i := range j.secrets {
		s := &j.secrets[i]
		if s.file == "" {
			continue
		}
		if !filepath.IsAbs(s.file) {
			s.file = filepath.Join(j.folder(), s.file)
		}
		if err := j.cfg.state().files.add(s.file, s.value); err != nil {
			s.file = ""
			return fail(kindInput, "secret file: %v", err)
		}
	}
	return nil
}

// removeSecrets takes secret files away again.
func (j *job) removeSecrets() {
	if j.cfg.Secrets == nil {
		return
	}
	for _, s := range j.secrets {
		if s.file != "" {
			j.cfg.state().files.remove(s.file)
		}
	}
}

// secret gets one value: from the source that the engine gave, or from where
// the orchestrator put it, which is the command's own place for it.
func (c *Config) secret(s contract.Secret) (string, error) {
	if c.Secrets != nil {
		return c.Secrets(s.Store, s.Key)
	}
	if s.Env != "" {
		for _, kv := range c.environ() {
			if v, ok := strings.CutPrefix(kv, s.Env+"="); ok {
				return v, nil
			}
		}
		return "", fmt.Errorf("it is not there: the variable %s is not set", s.Env)
	}
	data, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("it is not there: %w", err)
	}
	return string(data), nil
}

// secretFiles are the files with secrets that tasks of this process use now.
// Several tasks may use one; the last one to end removes it.
type secretFiles struct {
	mu   sync.Mutex
	uses map[string]int
}

func (f *secretFiles) add(path, value string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	there, err := os.ReadFile(path)
	if f.uses[path] > 0 {
		if err != nil || !bytes.Equal(there, []byte(value)) {
			return fmt.Errorf("%s is the file of two different secrets at once", path)
		}
		f.uses[path]++
		return nil
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists already; flowc does not overwrite a file with a secret", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		return err
	}
	if f.uses == nil {
		f.uses = map[string]int{}
	}
	f.uses[path] = 1
	return nil
}

func (f *secretFiles) remove(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.uses[path]--; f.uses[path] <= 0 {
		delete(f.uses, path)
		os.Remove(path)
	}
}
