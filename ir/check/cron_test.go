package check

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestCron(t *testing.T) {
	for _, good := range []string{
		"* * * * *", "0 3 * * *", "*/15 0-6,22,23 1,15 * mon-fri", "5/10 8 * JAN-mar Sun",
		"0 0 29 2 *", "0 0 31 2 1", "0\t0  1 1 7", "59 23 31 12 0-7",
	} {
		if err := parseCron(good); err != nil {
			t.Errorf("%q: %s", good, err.message)
		}
	}
	for bad, part := range map[string]string{
		"":                   "",
		"* * * *":            "* * * *",
		"* * * * * *":        "* * * * * *",
		"60 * * * *":         "60",
		"* 24 * * *":         "24",
		"* * 0 * *":          "0",
		"* * 32 * *":         "32",
		"* * * 13 *":         "13",
		"* * * * 8":          "8",
		"* * * janu *":       "janu",
		"a * * * *":          "a",
		"1,,2 * * * *":       "",
		"1- * * * *":         "",
		"-1 * * * *":         "",
		"+1 * * * *":         "+1",
		"001 * * * *":        "001",
		"5-1 * * * *":        "5-1",
		"*/0 * * * *":        "0",
		"*/x * * * *":        "x",
		"*/ * * * *":         "",
		"* * L * *":          "L",
		"* * ? * *":          "?",
		"* * * * fri#2":      "fri#2",
		"0 0 31 2,4,6 *":     "31 2,4,6",
		"@every 5m":          "@every 5m",
		"1-2-3 * * * *":      "2-3",
		"* * * * 1/2/3":      "2/3",
		"9999999999 * * * *": "9999999999",
	} {
		err := parseCron(bad)
		if err == nil {
			t.Errorf("%q is accepted", bad)
			continue
		}
		if got := bad[err.start:err.end]; got != part {
			t.Errorf("%q: %s: at %q, want %q", bad, err.message, got, part)
		}
	}
}

func TestZones(t *testing.T) {
	names := strings.Fields(zones)
	if len(names) < 500 || !slices.IsSorted(names) {
		t.Fatalf("%d names, sorted: %t", len(names), slices.IsSorted(names))
	}
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
}

func TestBetterName(t *testing.T) {
	for name, want := range map[string]string{
		"train-eval": "train_eval", "TrainModel": "train_model", "trainModel": "train_model", "a__b": "a_b",
		"_x": "x", "x_": "x", "2nd": "nd", "flowc_init": "init", "größe": "", "": "", "--": "", "HTTPServer": "httpserver",
		"not": "", "class": "", "a b": "a_b", strings.Repeat("a", 60): "",
	} {
		if got := betterName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestImages(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for _, good := range []string{
		"python", "python:3.12-slim", "library/python", "r-base:4.4.1", "registry.example.com/team/train:1.4",
		"localhost:5000/x", "localhost/x", "example.com:5000/a/b_c/d-e:T_1.x@" + digest, "python@" + digest, "UPPER.example.com/x",
	} {
		if why, _ := badImage(good); why != "" {
			t.Errorf("%s: %s", good, why)
		}
	}
	for _, bad := range []string{
		"", ":x", "a:", "a:b c", "a//b", "/a", "a/", "Python", "a@sha256:1", "a@", "https://x/y", "${IMAGE}", "{{x}}",
		"a:" + strings.Repeat("x", 129), "a:-x", "-a", "a-", "a:5000:x/y", "exa mple.com/x", strings.Repeat("a", 256), "a.b:x/y", "größe",
	} {
		if why, _ := badImage(bad); why == "" {
			t.Errorf("%q is accepted", bad)
		}
	}
}
