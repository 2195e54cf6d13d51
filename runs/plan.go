package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// Plan is the block tree that a run was made by, as the store holds it.
type Plan struct {
	Digest string
	Flow   *contract.Flow
	nodes  map[string]place
}

// place is where a node stands in the tree. Of a foreach and the step of the
// same name that is its body, step is set.
type place struct {
	block    *contract.Node // nil for a plain step
	step     *contract.Node // nil for a block
	depth    int            // of the block's path, or of the plain step's
	taskPath int            // of the step's tasks
	batch    int
}

// maxPlan is the size in bytes that a document of a plan may have.
const maxPlan = 256 << 20

// plan reads a plan's block tree. Its error wraps store.ErrNotFound where the
// store does not have it.
func (r *Reader) plan(ctx context.Context, digest string) (*Plan, error) {
	p := &Plan{Digest: digest, Flow: &contract.Flow{}, nodes: map[string]place{}}
	if err := r.document(ctx, record.PlanFlow(digest), digest, p.Flow); err != nil {
		return nil, err
	}
	if p.Flow.V != contract.Version {
		return nil, fmt.Errorf("store %s: %s has version %d; this program reads version %d",
			r.store.URL(), record.PlanFlow(digest), p.Flow.V, contract.Version)
	}
	return p, p.index(&p.Flow.Body, 0, 0, 0)
}

// planIfThere is plan, with nil for one that the store does not have.
func (r *Reader) planIfThere(ctx context.Context, digest string) (*Plan, error) {
	p, err := r.plan(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return p, err
}

// contract reads the contract of one step.
func (r *Reader) contract(ctx context.Context, p *Plan, step string) (*contract.Step, error) {
	for _, c := range p.Flow.Contracts {
		if c.Step == step {
			doc := &contract.Step{}
			err := r.document(ctx, record.PlanStep(p.Digest, step), c.Digest, doc)
			return doc, err
		}
	}
	return nil, missing("the plan of flow %s has no step %s", p.Flow.Flow, step)
}

// document reads JSON whose bytes have a known digest.
func (r *Reader) document(ctx context.Context, key, digest string, into any) error {
	data, err := store.ReadAll(ctx, r.store, key, maxPlan)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
		return fmt.Errorf("store %s: %s is damaged: its bytes are not those of its digest", r.store.URL(), key)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("store %s: %s is damaged: %w", r.store.URL(), key, err)
	}
	return nil
}

// maxNesting guards the stack against a plan that no compiler made.
const maxNesting = 200

func (p *Plan) index(b *contract.Block, depth, nesting, batch int) error {
	if nesting > maxNesting {
		return fmt.Errorf("the plan %s nests blocks deeper than %d", p.Digest, maxNesting)
	}
	for i := range b.Nodes {
		n := &b.Nodes[i]
		pl := p.nodes[n.Name]
		if n.Kind == contract.KindStep {
			pl.step, pl.taskPath, pl.batch = n, depth, batch
			if pl.block == nil {
				pl.depth = depth
			}
		} else {
			pl.block, pl.depth = n, depth
		}
		p.nodes[n.Name] = pl
		inner, size := depth, 0
		if n.Kind == contract.KindForeach || n.Kind == contract.KindLoop {
			inner, size = depth+1, n.Batch
		}
		if n.Body != nil {
			if err := p.index(n.Body, inner, nesting+1, size); err != nil {
				return err
			}
		}
		for k := range n.Cases {
			if err := p.index(&n.Cases[k].Body, inner, nesting+1, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// batch is the number of items that one container of a step runs; 0 without plan.
func (p *Plan) batch(step string) int {
	if p == nil {
		return 0
	}
	return p.nodes[step].batch
}

// names lists the nodes of the flow that people know, in order.
func (p *Plan) names() []string {
	var out []string
	seen := map[string]bool{}
	var walk func(b *contract.Block)
	walk = func(b *contract.Block) {
		for i := range b.Nodes {
			n := &b.Nodes[i]
			if !seen[n.Name] {
				seen[n.Name] = true
				out = append(out, n.Name)
			}
			if n.Body != nil {
				walk(n.Body)
			}
			for k := range n.Cases {
				walk(&n.Cases[k].Body)
			}
		}
	}
	walk(&p.Flow.Body)
	return out
}
