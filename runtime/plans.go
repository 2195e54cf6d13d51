package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// PlanFolder reads a plan from a folder: flow.json, and the contracts in steps/
// or, as a mounted ConfigMap has them, beside it as steps.NAME.json.
func PlanFolder(dir string) Plan {
	return &planReader{where: dir, read: func(_ context.Context, step string) ([]byte, error) {
		names := []string{"flow.json"}
		if step != "" {
			names = []string{filepath.Join("steps", step+".json"), "steps." + step + ".json"}
		}
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if !errors.Is(err, fs.ErrNotExist) {
				return data, err
			}
		}
		return nil, fs.ErrNotExist
	}}
}

// PlanFolderDigest is the digest of the plan in a folder.
func PlanFolderDigest(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "flow.json"))
	if err != nil {
		return "", fmt.Errorf("the plan in %s cannot be read: %w", dir, err)
	}
	return contract.Digest(data), nil
}

// PlanStore reads the plan of that digest from a store.
func PlanStore(s store.Store, digest string) Plan {
	return &planReader{where: "store " + s.URL() + ", plan " + digest, digest: digest, read: func(ctx context.Context, step string) ([]byte, error) {
		key := record.PlanFlow(digest)
		if step != "" {
			key = record.PlanStep(digest, step)
		}
		return store.ReadAll(ctx, s, key, maxPlan)
	}}
}

const maxPlan = 64 << 20 // bytes of one document

// planReader reads documents once and checks what they are. A plan that was
// asked for by its digest must have it; every contract must have the digest
// that flow.json says, if flow.json was read.
type planReader struct {
	where  string
	digest string // of flow.json; "" where it is not known
	read   func(ctx context.Context, step string) ([]byte, error)

	mu    sync.Mutex
	flow  *contract.Flow
	steps map[string]readStep
}

type readStep struct {
	step   *contract.Step
	digest string
}

// Flow implements Plan.
func (p *planReader) Flow(ctx context.Context) (*contract.Flow, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readFlow(ctx)
}

func (p *planReader) readFlow(ctx context.Context) (*contract.Flow, error) {
	if p.flow != nil {
		return p.flow, nil
	}
	data, err := p.read(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("the plan in %s cannot be read: %w", p.where, err)
	}
	if got := contract.Digest(data); p.digest != "" && got != p.digest {
		return nil, fmt.Errorf("the plan in %s is damaged: its digest is %s", p.where, got)
	}
	var flow contract.Flow
	if err := decodePlan(data, &flow, &flow.V); err != nil {
		return nil, fmt.Errorf("the plan in %s: %w", p.where, err)
	}
	p.flow = &flow
	return p.flow, nil
}

// Step implements Plan. flow.json is read first, since it says which bytes a
// contract must have.
func (p *planReader) Step(ctx context.Context, name string) (*contract.Step, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.steps[name]; ok {
		return s.step, s.digest, nil
	}
	flow, err := p.readFlow(ctx)
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(flow.Contracts, func(n contract.Named) bool { return n.Step == name })
	if i < 0 {
		return nil, "", fmt.Errorf("the plan of flow %s in %s has no step %s", flow.Flow, p.where, name)
	}
	data, err := p.read(ctx, name)
	if err != nil {
		return nil, "", fmt.Errorf("the contract of step %s in %s cannot be read: %w", name, p.where, err)
	}
	digest := contract.Digest(data)
	if digest != flow.Contracts[i].Digest {
		return nil, "", fmt.Errorf("the contract of step %s in %s is damaged: its digest is %s, flow.json says %s", name, p.where, digest, flow.Contracts[i].Digest)
	}
	var step contract.Step
	if err := decodePlan(data, &step, &step.V); err != nil {
		return nil, "", fmt.Errorf("the contract of step %s in %s: %w", name, p.where, err)
	}
	if p.steps == nil {
		p.steps = map[string]readStep{}
	}
	p.steps[name] = readStep{&step, digest}
	return &step, digest, nil
}

func decodePlan(data []byte, doc any, version *int) error {
	if err := json.Unmarshal(data, doc); err != nil {
		return fmt.Errorf("it is no document of a plan: %w", err)
	}
	if *version != contract.Version {
		return fmt.Errorf("it has version %d, this program reads version %d", *version, contract.Version)
	}
	return nil
}
