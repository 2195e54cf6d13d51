package check

import (
	"fmt"
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
