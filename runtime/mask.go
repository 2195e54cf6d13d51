package runtime

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
)

// masker replaces secret values by *** in a stream, also where a value is cut
// into several writes. It knows a value as it is, each line of it, and its
// base64, URL and JSON forms. Values under minSecret bytes can't be masked:
// they would stand in every second word.
type masker struct {
	byFirst [256][]string // secrets by first byte, longest first
	any     bool
}

const (
	minSecret = 4
	maskText  = "***"
)

func newMasker(values []string) *masker {
	m := &masker{}
	known := map[string]bool{}
	add := func(s string) {
		if len(s) >= minSecret && !known[s] {
			known[s] = true
			m.any = true
			m.byFirst[s[0]] = append(m.byFirst[s[0]], s)
		}
	}
	for _, v := range values {
		forms := []string{v, strings.TrimSpace(v)}
		for line := range strings.Lines(v) {
			forms = append(forms, strings.TrimSpace(line))
		}
		for _, s := range forms {
			if len(s) < minSecret {
				continue
			}
			add(s)
			add(url.QueryEscape(s))
			add(url.PathEscape(s))
			if quoted, err := json.Marshal(s); err == nil {
				add(string(quoted[1 : len(quoted)-1]))
			}
			add(base64.StdEncoding.EncodeToString([]byte(s)))
			add(base64.RawStdEncoding.EncodeToString([]byte(s)))
			add(base64.URLEncoding.EncodeToString([]byte(s)))
			add(base64.RawURLEncoding.EncodeToString([]byte(s)))
		}
	}
	for _, list := range m.byFirst {
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	}
	return m
}

// text masks a whole text.
func (m *masker) text(s string) string {
	if !m.any {
		return s
	}
	out, _ := m.scan(nil, []byte(s), true)
	return string(out)
}

// scan appends the masked form of data to out. Unless this is the end, it
// leaves out what may be the beginning of a secret, and returns it as rest.
func (m *masker) scan(out, data []byte, end bool) (masked, rest []byte) {
	start := 0
next:
	for i := 0; i < len(data); {
		for _, secret := range m.byFirst[data[i]] {
			if len(data)-i >= len(secret) {
				if string(data[i:i+len(secret)]) == secret {
					out = append(append(out, data[start:i]...), maskText...)
					i += len(secret)
					start = i
					continue next
				}
			} else if !end && secret[:len(data)-i] == string(data[i:]) {
				return append(out, data[start:i]...), data[i:]
			}
		}
		i++
	}
	return append(out, data[start:]...), nil
}

// maskWriter masks what is written to it on its way to w.
type maskWriter struct {
	m    *masker
	w    io.Writer
	held []byte // maybe the beginning of a secret
}

func (w *maskWriter) Write(p []byte) (int, error) {
	if !w.m.any {
		return w.w.Write(p)
	}
	data := p
	if len(w.held) > 0 {
		data = append(w.held, p...)
	}
	out, rest := w.m.scan(nil, data, false)
	w.held = bytes.Clone(rest)
	if _, err := w.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what was held back.
func (w *maskWriter) Flush() error {
	out, _ := w.m.scan(nil, w.held, true)
	w.held = nil
	if len(out) == 0 {
		return nil
	}
	_, err := w.w.Write(out)
	return err
}
