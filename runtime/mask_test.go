package runtime

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

func TestMask(t *testing.T) {
	secret := "p@ss w0rd&x"
	pem := "-----BEGIN-----\nMIIEabcdef\nq/3+zzzz==\n-----END-----\n"
	m := newMasker([]string{secret, pem, "abc", "", "pass", "password"})
	for in, want := range map[string]string{
		"the " + secret + " is": "the *** is",
		secret + secret:         "******",
		"url " + url.QueryEscape(secret) + " " + url.PathEscape(secret):  "url *** ***",
		"b64 " + base64.StdEncoding.EncodeToString([]byte(secret)) + ".": "b64 ***.",
		"a line MIIEabcdef of it":    "a line *** of it",
		pem:                          "***",
		"too short: abc":             "too short: abc",
		"my password":                "my ***",
		"p@ss w0rd":                  "p@ss w0rd",
		"\xff\x00" + secret + "\xfe": "\xff\x00***\xfe",
	} {
		if got := m.text(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// However a stream is cut, it is masked as if it came whole, and nothing is lost.
func TestMaskAcrossChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringMatching(`[ab\n]{0,12}`)
		secrets := rapid.SliceOfN(letters, 1, 3).Draw(t, "secrets")
		parts := rapid.SliceOfN(rapid.OneOf(letters, rapid.SampledFrom(secrets)), 0, 8).Draw(t, "text")
		text := strings.Join(parts, "")
		m := newMasker(secrets)
		var got bytes.Buffer
		w := maskWriter{m: m, w: &got}
		for rest := text; rest != ""; {
			n := min(rapid.IntRange(1, 6).Draw(t, "cut"), len(rest))
			if k, err := w.Write([]byte(rest[:n])); k != n || err != nil {
				t.Fatal(k, err)
			}
			rest = rest[n:]
		}
		w.Flush()
		if want := m.text(text); got.String() != want {
			t.Fatalf("%q with secrets %q: in parts %q, whole %q", text, secrets, got.String(), want)
		}
		for _, s := range secrets {
			if len(s) >= minSecret && strings.Contains(got.String(), s) && !strings.Contains(strings.ReplaceAll(got.String(), maskText, "|"), s) {
				continue // made of the mask's own stars
			} else if len(s) >= minSecret && strings.Contains(got.String(), s) {
				t.Fatalf("%q is in %q", s, got.String())
			}
		}
	})
}

// A secret reaches the command, and neither the log, nor the tail, nor a record
// of a failure; a file with a secret is gone afterwards.
func TestSecrets(t *testing.T) {
	const password, cert = "hunter2hunter2", "-----CERT-----\nabcdefgh\n"
	step := script("s", `
		test "$DB_PASSWORD" = "$(printf hunter2; printf hunter2)"
		echo "using $DB_PASSWORD"; cat certs/db.pem
		cp certs/db.pem $FLOWC_OUT/n
	`, out("n", "int"))
	step.Secrets = []contract.Secret{{Env: "DB_PASSWORD", Store: "db", Key: "password"}, {File: "certs/db.pem", Store: "db", Key: "cert"}}
	cfg := config(t, plan(step))
	cfg.Secrets = func(s, key string) (string, error) {
		return map[string]string{"db/password": password, "db/cert": cert}[s+"/"+key], nil
	}
	var live bytes.Buffer
	o := Run(context.Background(), cfg, Task{Step: "s", Path: record.Path{}, Log: &live})
	if o.Exit != contract.ExitFinal || o.Fail.Kind != kindOutput {
		t.Fatalf("%+v", o)
	}
	if live.String() != "using ***\n***" {
		t.Errorf("live %q", live.String())
	}
	if _, err := os.Stat(filepath.Join(cfg.Code, "certs/db.pem")); err == nil {
		t.Error("the file with the secret is still there")
	}
	everywhere := o.Err.Error() + strings.Join(o.Tail, "\n") + live.String()
	for _, key := range keysUnder(t, cfg, "") {
		data, err := store.ReadAll(context.Background(), cfg.Store, "runs/f/r1/"+key, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		everywhere += string(data)
	}
	for _, s := range []string{password, "abcdefgh", "CERT"} {
		if strings.Contains(everywhere, s) {
			t.Errorf("%q got out:\n%s", s, everywhere)
		}
	}
}

func TestMissingSecret(t *testing.T) {
	step := script("s", ":")
	step.Secrets = []contract.Secret{{Env: "TOKEN", Store: "hf", Key: "token"}}
	cfg := config(t, plan(step))
	o := Run(context.Background(), cfg, root("s")) // no source: the orchestrator should have set it
	if o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "secret hf/token: it is not there: the variable TOKEN is not set") {
		t.Errorf("%+v", o)
	}
	cfg = config(t, plan(step))
	cfg.Secrets = func(string, string) (string, error) { return "", errors.New("no such key in secrets.env") }
	o = Run(context.Background(), cfg, root("s"))
	if o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "secret hf/token: no such key") {
		t.Errorf("%+v", o)
	}
	cfg = config(t, plan(step))
	cfg.Environ = append(cfg.Environ, "TOKEN=abcd")
	mustRun(t, cfg, root("s"))
	step.Secrets[0] = contract.Secret{File: "there", Store: "hf", Key: "token"}
	cfg = config(t, plan(step))
	cfg.Secrets = func(string, string) (string, error) { return "abcd", nil }
	writeCode(t, cfg, "there", "mine")
	o = Run(context.Background(), cfg, root("s"))
	if o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "exists already") {
		t.Errorf("%+v", o)
	}
	if data, _ := os.ReadFile(filepath.Join(cfg.Code, "there")); string(data) != "mine" {
		t.Errorf("the user's file holds %q", data)
	}
}

// A long log is stored in chunks that make up the whole, binary junk included.
func TestLongLog(t *testing.T) {
	cfg := config(t, plan(script("s", `head -c 3000000 /dev/zero; printf '\377\376end'`)))
	o := Run(context.Background(), cfg, root("s"))
	log := logOf(t, cfg, "s", "_", 0)
	if o.Exit != 0 || len(log) != 3000005 || !strings.HasSuffix(log, "\x00\xff\xfeend") {
		t.Errorf("exit %d, %d bytes", o.Exit, len(log))
	}
	chunks := keysUnder(t, cfg, "runs/f/r1/logs")
	if len(chunks) < 3 || len(chunks) > 50 {
		t.Errorf("%d chunks", len(chunks))
	}
}

func TestTail(t *testing.T) {
	var l tail
	for range 50 {
		l.Write([]byte("one\ntwo "))
	}
	l.Write([]byte("10%\r50%\r100%\n\x1b[31mred\x1b[0m \xff\t" + strings.Repeat("x", 2*tailWidth)))
	lines := l.last()
	if len(lines) != tailLines || lines[tailLines-2] != "100%" || !strings.HasPrefix(lines[tailLines-1], "[31mred[0m  xx") || len(lines[tailLines-1]) > tailWidth {
		t.Errorf("%q", lines)
	}
}

// A log whose store has gone drops what is oldest, and says so.
func TestShed(t *testing.T) {
	l := newLogStore(nil, nil)
	l.buf = bytes.Repeat([]byte("x"), logBacklog+1)
	l.shed()
	if len(l.buf) > logBacklog || !strings.Contains(string(l.buf[:100]), "bytes of the log are missing here") {
		t.Errorf("%d bytes: %.100q", len(l.buf), l.buf)
	}
}
