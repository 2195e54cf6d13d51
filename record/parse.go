package record

import (
	"strconv"
	"strings"
	"time"
)

// Keys read back, for those who list. Each function takes what the function of
// that name in Keys makes, and nothing else: ok is false for any other key.

// ParseBlob reads a Blob key.
func ParseBlob(key string) (digest string, ok bool) {
	i := strings.LastIndexByte(key, '/')
	digest = key[i+1:]
	return digest, IsDigest(digest) && key == Blob(digest)
}

// ParseRunIndex reads a RunIndex key of a flow. Started is exact to the millisecond.
func ParseRunIndex(flow, key string) (run string, started time.Time, ok bool) {
	rest, ok := strings.CutPrefix(key, RunIndexPrefix(flow))
	if !ok {
		return "", time.Time{}, false
	}
	stamp, run, ok := strings.Cut(rest, "~")
	started, isTime := parseInverse(stamp)
	return run, started, ok && isTime && IsRunID(run)
}

// ParseEndIndex reads an EndIndex key of a flow.
func ParseEndIndex(flow, key string) (run string, started time.Time, status RunStatus, ok bool) {
	rest, ok := strings.CutPrefix(key, EndIndexPrefix(flow))
	parts := strings.Split(rest, "~")
	if !ok || len(parts) != 3 {
		return "", time.Time{}, "", false
	}
	started, ok = parseInverse(parts[0])
	run, status = parts[1], RunStatus(parts[2])
	switch status {
	case Succeeded, Failed, Stopped:
	default:
		ok = false
	}
	return run, started, status, ok && IsRunID(run)
}

func parseInverse(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxMilli || len(s) != 13 {
		return time.Time{}, false
	}
	return time.UnixMilli(maxMilli - n).UTC(), true
}

// ParseResult reads a Result key of the run.
func (k Keys) ParseResult(key string) (step string, p Path, ok bool) {
	parts, ok := k.parts(key, "results/", 2)
	if !ok {
		return "", nil, false
	}
	name, isJSON := strings.CutSuffix(parts[1], ".json")
	p, err := ParsePath(name)
	return parts[0], p, isJSON && err == nil
}

// ParseAttempt reads an Attempt key of the run.
func (k Keys) ParseAttempt(key string) (step, unit string, n int, ok bool) {
	return k.parseUnit(key, "attempts/")
}

// ParseFail reads a Fail key of the run.
func (k Keys) ParseFail(key string) (step, unit string, n int, ok bool) {
	return k.parseUnit(key, "fails/")
}

// ParseLog reads a Log key of the run: chunk i of attempt n.
func (k Keys) ParseLog(key string) (step, unit string, n, i int, ok bool) {
	parts, ok := k.parts(key, "logs/", 3)
	if !ok || !IsUnit(parts[1]) {
		return "", "", 0, 0, false
	}
	attempt, chunk, _ := strings.Cut(parts[2], ".")
	n, ok = parseNumber(attempt)
	i, err := strconv.Atoi(chunk)
	ok = ok && err == nil && i >= 0 && key == k.Log(parts[0], parts[1], n, i)
	return parts[0], parts[1], n, i, ok
}

func (k Keys) parseUnit(key, kind string) (step, unit string, n int, ok bool) {
	parts, ok := k.parts(key, kind, 3)
	if !ok || !IsUnit(parts[1]) {
		return "", "", 0, false
	}
	name, isJSON := strings.CutSuffix(parts[2], ".json")
	n, ok = parseNumber(name)
	return parts[0], parts[1], n, ok && isJSON
}

// parts splits what comes behind a kind into n names.
func (k Keys) parts(key, kind string, n int) ([]string, bool) {
	rest, ok := strings.CutPrefix(key, k.at(kind))
	if !ok {
		return nil, false
	}
	parts := strings.Split(rest, "/")
	return parts, len(parts) == n && isName(parts[0])
}

func parseNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == s
}

// BatchUnit is the unit of container n of a foreach with batch, at path p of
// the foreach: "b3", "0.b3". A task's own unit is its path's String.
func BatchUnit(p Path, n int) string {
	unit := "b" + strconv.Itoa(n)
	if len(p) > 0 {
		unit = p.String() + "." + unit
	}
	return unit
}

// ParseBatchUnit reads what BatchUnit makes.
func ParseBatchUnit(unit string) (p Path, n int, ok bool) {
	i := strings.LastIndexByte(unit, '.')
	last, isBatch := strings.CutPrefix(unit[i+1:], "b")
	if n, ok = parseNumber(last); !isBatch || !ok {
		return nil, 0, false
	}
	if i < 0 {
		return Path{}, n, true
	}
	p, err := ParsePath(unit[:i])
	return p, n, err == nil && len(p) > 0
}

// IsUnit tells whether s is the text of a path or a BatchUnit.
func IsUnit(s string) bool {
	if _, err := ParsePath(s); err == nil {
		return true
	}
	_, _, ok := ParseBatchUnit(s)
	return ok
}

// MaxRunID is the number of bytes that a run id may have.
const MaxRunID = 100

// IsRunID tells whether s can be the id of a run: 1 to MaxRunID of a-z, 0-9 and
// "-", with a letter or digit first.
func IsRunID(s string) bool {
	return s != "" && len(s) <= MaxRunID && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// isName tells whether s can be the name of a flow or step inside a key. The
// language allows less; a step of a flow used by another has "." in its name.
func isName(s string) bool {
	return s != "" && len(s) <= 200 && s != "." && s != ".." && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-ABCDEFGHIJKLMNOPQRSTUVWXYZ~=+") == ""
}
