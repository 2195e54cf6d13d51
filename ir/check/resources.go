package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

const (
	maxCPUMilli = 1_000_000 // a thousand cores
	minMemory   = 1 << 20
	maxBytes    = 1 << 50
	maxGPU      = 64
	maxTimeout  = 365 * 24 * time.Hour
)

// checkResources reports amounts that no machine has, or that no step runs with.
func (c *checker) checkResources(r *ast.Resources) {
	if r == nil {
		return
	}
	if r.CPU.Span.Valid() && r.CPU.Value != "" && (r.CPUMilli < 1 || r.CPUMilli > maxCPUMilli) {
		c.diags.Error(diag.BadResources, r.CPU.Span, fmt.Sprintf("`cpu: %s` is no number of cores that a step can have", clip(r.CPU.Value))).
			Advise("give cores, like `2` or `0.5`, up to 1000")
	}
	for _, amount := range []struct {
		key   string
		bytes ast.Int
	}{{"memory", r.Memory}, {"disk", r.Disk}, {"shm", r.Shm}} {
		if !amount.bytes.Span.Valid() {
			continue
		}
		switch b := amount.bytes.Value; {
		case b < minMemory && b > 0:
			c.diags.Error(diag.BadResources, amount.bytes.Span, fmt.Sprintf("`%s` is only %s", amount.key, plural(int(b), "byte"))).
				Advise("give a unit: `512Mi`, `2Gi`")
		case b <= 0 || b > maxBytes:
			c.diags.Error(diag.BadResources, amount.bytes.Span, fmt.Sprintf("`%s` is no amount that a step can have", amount.key)).
				Advise("give a size from `1Mi` to `1Pi`")
		}
	}
	if r.GPU.Span.Valid() && (r.GPU.Value < 0 || r.GPU.Value > maxGPU) {
		c.diags.Error(diag.BadResources, r.GPU.Span, fmt.Sprintf("a step can't have %d GPUs", r.GPU.Value)).
			Advise("give a number from 0 to 64")
	}
	if r.Shm.Span.Valid() && r.Memory.Span.Valid() && r.Shm.Value > r.Memory.Value && r.Memory.Value >= minMemory {
		c.diags.Error(diag.BadResources, r.Shm.Span, "`shm` is larger than `memory`, of which it is a part").
			See(r.Memory.Span, "the memory")
	}
}

func (c *checker) mergeResources(own, def *ast.Resources) ir.Resources {
	if own == nil {
		own, def = def, nil
	}
	if own == nil {
		return ir.Resources{}
	}
	if def == nil {
		def = &ast.Resources{}
	}
	out := ir.Resources{
		CPUMilli: def.CPUMilli,
		Memory:   pickInt(own.Memory, def.Memory).Value,
		Disk:     pickInt(own.Disk, def.Disk).Value,
		Shm:      pickInt(own.Shm, def.Shm).Value,
		GPU:      int(pickInt(own.GPU, def.GPU).Value),
		GPUType:  pick(own.GPUType, def.GPUType),
	}
	if own.CPU.Span.Valid() {
		out.CPUMilli = own.CPUMilli
	}
	if own.Shm.Span.Valid() && !own.Memory.Span.Valid() && out.Memory > 0 && out.Shm > out.Memory {
		c.diags.Error(diag.BadResources, own.Shm.Span, "`shm` is larger than the `memory` of `defaults`, of which it is a part").
			See(def.Memory.Span, "the memory")
	}
	if out.GPU == 0 {
		if own.GPUType.Span.Valid() && own.GPUType.Value != "" {
			c.diags.Error(diag.BadResources, own.GPUType.Span, "`gpu_type` without `gpu`").
				Advise("say how many: `gpu: 1`")
		}
		out.GPUType = ""
	}
	return out
}

func (c *checker) checkTimeout(d ast.Duration, what string) {
	switch {
	case !d.Span.Valid():
	case d.Value <= 0:
		c.diags.Error(diag.BadDuration, d.Span, what+" must be longer than nothing").
			Advise("leave the key away for no limit")
	case d.Value < time.Millisecond:
		c.diags.Error(diag.BadDuration, d.Span, what+" must be a millisecond or more")
	case d.Value > maxTimeout:
		c.diags.Error(diag.BadDuration, d.Span, what+" can be 365 days at most").
			Advise("leave the key away for no limit")
	}
}

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
