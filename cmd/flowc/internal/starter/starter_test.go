package starter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlowName(t *testing.T) {
	for dir, want := range map[string]string{
		"my-flow":                       "my_flow",
		"/tmp/Churn 2026!":              "churn_2026",
		"/x/42":                         "first",
		"/x/7-days":                     "days",
		"/x/flowc_test":                 "first",
		"/x/änderung":                   "nderung",
		"/x/" + strings.Repeat("a", 80): strings.Repeat("a", 40),
		"/":                             "first",
		"/x/__a__b__":                   "a_b",
	} {
		got, err := flowName(dir)
		if err != nil || got != want {
			t.Errorf("flowName(%q) = %q, %v; want %q", dir, got, err, want)
		}
	}
}

func TestWriteOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pi.py"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if files, err := Write(dir); err == nil {
		t.Fatalf("wrote %v over a file that was there", files)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("a refused Write left %v", entries)
	}
}

func TestWriteKeepsGitignore(t *testing.T) {
	dir := t.TempDir()
	ignore := filepath.Join(dir, ".gitignore")
	if err := os.WriteFile(ignore, []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	written, err := Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 2 {
		t.Errorf("wrote %v, want the flow and its functions", written)
	}
	if text, _ := os.ReadFile(ignore); string(text) != "mine\n" {
		t.Errorf(".gitignore became %q", text)
	}
}
