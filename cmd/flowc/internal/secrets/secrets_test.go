package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	set, err := Read(strings.NewReader("\ufeff# mine\n\ndb/password = hunter2 \nhf/token=\"a\\nb = \\\"c\\\"\"\nx/y='$1 \"'\na/b/c=\n"), "s")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"db/password": "hunter2", "hf/token": "a\nb = \"c\"", "x/y": `$1 "`, "a/b/c": "",
	} {
		store, key, _ := strings.Cut(name, "/")
		if got, err := set.Get(store, key); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
	if set.Has("db", "user") {
		t.Error("has a secret that is not there")
	}
	if _, err := set.Get("db", "user"); err == nil || !strings.Contains(err.Error(), "db/user") {
		t.Errorf("Get of what is not there: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"hunter2":                    "s:1: want store/key=value",
		"\n\npassword=hunter2":       "s:3: the name of a secret is store/key",
		"/x=hunter2":                 "s:1: the name",
		"db/p=hunter2\ndb/p=hunter2": "s:2: db/p is there twice",
		`db/p="hunter2`:              "not quoted well",
		"db/p=hunter2\x00":           "NUL",
		"db/p=" + strings.Repeat("hunter2", maxFile/7): "larger than 1 MiB",
		strings.Repeat("# hunter2\n", maxFile/9):       "larger than 1 MiB",
	} {
		_, err := Read(strings.NewReader(text), "s")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%.30q): %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error holds the secret: %v", err)
		}
	}
}

func TestFileSaysWhoMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o640: true, 0o644: true} {
		if err := os.WriteFile(path, []byte("a/b=c\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, open, err := File(path); err != nil || open != want {
			t.Errorf("mode %o: open = %v, %v", mode, open, err)
		}
	}
	if _, _, err := File(t.TempDir()); err == nil {
		t.Error("read a folder")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a/b=c\n")
	f.Add("a/b=\"\\u00e4\"\n#\n")
	f.Add("=\n/=\na/=x\na/b='")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Read(strings.NewReader(text), "s")
		if err == nil && set == nil {
			t.Error("neither a set nor an error")
		}
	})
}
