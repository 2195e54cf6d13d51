package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// checkImage reports what no registry can have: the form is
// [HOST[:PORT]/]PATH[:TAG][@DIGEST].
func (c *checker) checkImage(s ast.Str) {
	if !s.Span.Valid() || s.Value == "" {
		return
	}
	if why, hint := badImage(s.Value); why != "" {
		d := c.diags.Error(diag.BadImage, s.Span, fmt.Sprintf("`%s` is not the name of an image: %s", clip(s.Value), why))
		if hint != "" {
			d.Advise(hint)
		}
	}
}

const imageHint = "write it like `python:3.12-slim` or `registry.example.com/team/train:1.4`"

func badImage(image string) (why, hint string) {
	if i := strings.IndexFunc(image, func(r rune) bool { return r <= ' ' || r > '~' }); i >= 0 {
		return "it has a space or another character that names don't have", imageHint
	}
	if strings.Contains(image, "://") {
		return "it has a scheme", "leave `" + image[:strings.Index(image, "://")+3] + "` away"
	}
	if strings.ContainsAny(image, "${}") {
		return "it has a placeholder", "write the name itself; per-target prefixes and digests belong into flowc.yaml"
	}
	name, digest, hasDigest := strings.Cut(image, "@")
	if hasDigest && !isDigest(digest) {
		return "behind `@` there must be a digest", "a digest is `sha256:` and 64 hexadecimal digits"
	}
	slash := strings.LastIndexByte(name, '/')
	if colon := strings.LastIndexByte(name, ':'); colon > slash {
		if tag := name[colon+1:]; !isTag(tag) {
			return "the tag is not one", "a tag has letters, digits and `_.-`, at most 128"
		}
		name = name[:colon]
	}
	parts := strings.Split(name, "/")
	if len(parts) > 1 && (strings.ContainsAny(parts[0], ".:") || parts[0] == "localhost") {
		host, port, hasPort := strings.Cut(parts[0], ":")
		if host == "" || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || hasPort && (port == "" || strings.Trim(port, "0123456789") != "") {
			return "the host of the registry is not one", imageHint
		}
		parts = parts[1:]
	}
	for _, p := range parts {
		switch {
		case p == "":
			return "a part of the path is empty", imageHint
		case p != strings.ToLower(p):
			return "it has capital letters", "write `" + strings.ToLower(name) + image[len(name):] + "`"
		case strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || strings.Trim(p[:1]+p[len(p)-1:], "._-") != p[:1]+p[len(p)-1:]:
			return fmt.Sprintf("`%s` is not a part of a path", clip(p)), imageHint
		}
	}
	if len(name) > 255 {
		return "it has more than 255 characters", ""
	}
	return "", ""
}

func isDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

func isTag(s string) bool {
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	return s != "" && len(s) <= 128 && strings.Trim(s, word+".-") == "" && strings.Contains(word, s[:1])
}
