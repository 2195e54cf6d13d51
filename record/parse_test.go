package record

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	genName = rapid.StringMatching(`[a-z][a-z0-9_]{0,20}(\.[a-z][a-z0-9_]{0,20})?`)
	genRun  = rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,99}`)
	genPath = rapid.Custom(func(t *rapid.T) Path {
		return Path(rapid.SliceOfN(rapid.IntRange(0, 100_000), 0, MaxDepth).Draw(t, "path"))
	})
	genTime = rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.Int64Range(0, maxMilli).Draw(t, "time")).UTC()
	})
)

// Every key reads back as what it was made of.
func TestKeysReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := Keys{Flow: genName.Draw(t, "flow"), Run: genRun.Draw(t, "run")}
		step, path := genName.Draw(t, "step"), genPath.Draw(t, "path")
		n, i := rapid.IntRange(0, 1000).Draw(t, "n"), rapid.IntRange(0, 10_000_000).Draw(t, "i")
		unit := path.String()
		if rapid.Bool().Draw(t, "batch") {
			unit = BatchUnit(path, n)
		}

		if s, p, ok := k.ParseResult(k.Result(step, path)); !ok || s != step || !slices.Equal(p, path) {
			t.Errorf("%s reads as %s[%s], %v", k.Result(step, path), s, p, ok)
		}
		if s, u, m, ok := k.ParseAttempt(k.Attempt(step, unit, n)); !ok || s != step || u != unit || m != n {
			t.Errorf("%s reads as %s, %s, %d, %v", k.Attempt(step, unit, n), s, u, m, ok)
		}
		if s, u, m, ok := k.ParseFail(k.Fail(step, unit, n)); !ok || s != step || u != unit || m != n {
			t.Errorf("%s reads as %s, %s, %d, %v", k.Fail(step, unit, n), s, u, m, ok)
		}
		if s, u, m, j, ok := k.ParseLog(k.Log(step, unit, n, i)); !ok || s != step || u != unit || m != n || j != i {
			t.Errorf("%s reads as %s, %s, %d, %d, %v", k.Log(step, unit, n, i), s, u, m, j, ok)
		}
		start := genTime.Draw(t, "started")
		if r, at, ok := ParseRunIndex(k.Flow, RunIndex(k.Flow, k.Run, start)); !ok || r != k.Run || !at.Equal(start) {
			t.Errorf("%s reads as %s, %s, %v", RunIndex(k.Flow, k.Run, start), r, at, ok)
		}
		status := rapid.SampledFrom([]RunStatus{Succeeded, Failed, Stopped}).Draw(t, "status")
		key := EndIndex(k.Flow, k.Run, start, status)
		if r, at, s, ok := ParseEndIndex(k.Flow, key); !ok || r != k.Run || !at.Equal(start) || s != status {
			t.Errorf("%s reads as %s, %s, %s, %v", key, r, at, s, ok)
		}
		if p, m, ok := ParseBatchUnit(BatchUnit(path, n)); !ok || m != n || !slices.Equal(p, path) {
			t.Errorf("%s reads as %s, %d, %v", BatchUnit(path, n), p, m, ok)
		}
		// Keys of one kind under their prefix, and of no other kind.
		for prefix, key := range map[string]string{
			k.ResultPrefix(step): k.Result(step, path), k.ResultPrefix(""): k.Result(step, path),
			k.AttemptPrefix(step): k.Attempt(step, unit, n), k.AttemptPrefix(""): k.Attempt(step, unit, n),
			k.FailPrefix(step): k.Fail(step, unit, n), k.FailPrefix(""): k.Fail(step, unit, n),
			k.LogPrefix(step, unit): k.Log(step, unit, n, i),
		} {
			if !strings.HasPrefix(key, prefix) {
				t.Errorf("%s doesn't start with %s", key, prefix)
			}
		}
		if _, _, ok := k.ParseResult(k.Attempt(step, unit, n)); ok {
			t.Error("an attempt's key reads as a result's")
		}
	})
}

// Later runs come first in a list by key.
func TestRunIndexOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genTime.Draw(t, "a"), genTime.Draw(t, "b")
		ka, kb := RunIndex("f", "r", a), RunIndex("f", "r", b)
		if a.After(b) != (ka < kb) {
			t.Errorf("%s: %s\n%s: %s", a, ka, b, kb)
		}
	})
	for _, wild := range []time.Time{{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if key := RunIndex("f", "r", wild); len(key) != len("index/f/runs/")+13+len("~r") {
			t.Errorf("%s: %s", wild, key)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	k := Keys{Flow: "f", Run: "r"}
	for _, key := range []string{
		"", "runs/f/r/results/", "runs/f/r/results/s", "runs/f/r/results/s/", "runs/f/r/results/s/.json", "runs/f/r/results//0.json",
		"runs/f/r/results/s/0", "runs/f/r/results/s/00.json", "runs/f/r/results/s/0/1.json", "runs/f/x/results/s/0.json",
		"runs/f/r/results/../0.json", "runs/f/r/results/s/_.0.json", "runs/f/r/results/s/-1.json", "x/runs/f/r/results/s/0.json",
	} {
		if s, p, ok := k.ParseResult(key); ok {
			t.Errorf("%q reads as the result of %s[%s]", key, s, p)
		}
	}
	for _, key := range []string{
		"runs/f/r/attempts/s/0/1", "runs/f/r/attempts/s/0/01.json", "runs/f/r/attempts/s/0/-1.json", "runs/f/r/attempts/s/b/1.json",
		"runs/f/r/attempts/s/b01/1.json", "runs/f/r/attempts/s/_.b1/1.json", "runs/f/r/attempts/s/0.b-1/1.json", "runs/f/r/fails/s/0/1.json",
		"runs/f/r/attempts/s/0/1.json/", "runs/f/r/attempts/s/0.json", "runs/f/r/attempts/s/0/99999999999999999999.json",
	} {
		if s, u, n, ok := k.ParseAttempt(key); ok {
			t.Errorf("%q reads as attempt %d of %s[%s]", key, n, s, u)
		}
	}
	for _, key := range []string{
		"runs/f/r/logs/s/0/1", "runs/f/r/logs/s/0/1.", "runs/f/r/logs/s/0/1.1", "runs/f/r/logs/s/0/1.0000001", "runs/f/r/logs/s/0/01.000001",
		"runs/f/r/logs/s/0/1.-00001", "runs/f/r/logs/s/0/1.+00001",
	} {
		if s, u, n, i, ok := k.ParseLog(key); ok {
			t.Errorf("%q reads as chunk %d of attempt %d of %s[%s]", key, i, n, s, u)
		}
	}
	for _, key := range []string{
		"index/f/runs/1~r", "index/f/runs/123456789012~r", "index/f/runs/1234567890123", "index/f/runs/1234567890123~", "index/f/runs/1234567890123~R",
		"index/g/runs/1234567890123~r", "index/f/runs/-234567890123~r", "index/f/runs/1234567890123~r~x", "index/f/ends/1234567890123~r",
	} {
		if r, at, ok := ParseRunIndex("f", key); ok {
			t.Errorf("%q reads as run %s at %s", key, r, at)
		}
		if r, at, s, ok := ParseEndIndex("f", key); ok {
			t.Errorf("%q reads as run %s at %s, %s", key, r, at, s)
		}
	}
	if _, _, _, ok := ParseEndIndex("f", "index/f/ends/1234567890123~r~running"); ok {
		t.Error("a run ended with the status running")
	}
}

func TestBlobKeys(t *testing.T) {
	if got := Blob(digest); got != "blobs/01/"+digest {
		t.Error(got)
	}
	if d, ok := ParseBlob(Blob(digest)); !ok || d != digest {
		t.Error(d, ok)
	}
	for _, key := range []string{"", "blobs/", digest, "blobs/02/" + digest, "x/blobs/01/" + digest, Blob(strings.ToUpper(digest))} {
		if d, ok := ParseBlob(key); ok {
			t.Errorf("%q reads as the blob %s", key, d)
		}
	}
	for _, wild := range []string{"", "a", "ab"} { // must not panic
		Blob(wild)
		Cache(wild)
	}
}

func TestIsRunID(t *testing.T) {
	for _, id := range []string{"a", "0", "20261122-193000-x7f2", "argo-0b1f", strings.Repeat("r", MaxRunID)} {
		if !IsRunID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{"", "-", "-a", "A", "a_b", "a.b", "a/b", "..", "a b", "a~b", "é", strings.Repeat("r", MaxRunID+1)} {
		if IsRunID(id) {
			t.Errorf("%q is accepted", id)
		}
	}
}

func TestParsePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := genPath.Draw(t, "p")
		q, err := ParsePath(p.String())
		if err != nil || p.Compare(q) != 0 {
			t.Errorf("%s reads as %s, %v", p, q, err)
		}
	})
	for _, in := range []string{"", ".", "0.", ".0", "a", "-1", "+1", "01", "1e3", "_._", "0._", " 0", "0.0.0.0.0.0.0.0.0", "99999999999999999999"} {
		if p, err := ParsePath(in); err == nil {
			t.Errorf("%q reads as %v", in, p)
		}
	}
	p := Path{1, 2}
	q := p.Append(3)
	_ = p.Append(4)
	if q.String() != "1.2.3" || p.Prefix(1).String() != "1" || p.Prefix(0).String() != Root {
		t.Error(q, p.Prefix(1), p.Prefix(0))
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"_", "0", "3.0", "1.2.3.4.5.6.7.8", "01", "1..2", "-1", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s)
		if err == nil && p.String() != s {
			t.Errorf("%q reads as %v, which prints as %q", s, []int(p), p.String())
		}
		if ok := IsUnit(s); err == nil && !ok {
			t.Errorf("the path %q is no unit", s)
		}
		if p, n, ok := ParseBatchUnit(s); ok && BatchUnit(p, n) != s {
			t.Errorf("the unit %q reads as %s, %d", s, p, n)
		}
	})
}
