package compile

import (
	"bytes"
	"maps"
	"slices"

	"github.com/flowc-dev/flowc/ir"
)

// GraphFile is the graph as people read it, in a bundle of the target plan.
const GraphFile = "flow.ir.txt"

// emitPlan hands out what the stages made, as it is.
func emitPlan(r *Result) (*Bundle, error) {
	b := &Bundle{}
	docs := r.Plan.Files()
	for _, path := range slices.Sorted(maps.Keys(docs)) {
		if err := b.Add(path, docs[path]); err != nil {
			return nil, err
		}
	}
	var graph bytes.Buffer
	if err := ir.Print(&graph, r.Graph); err != nil {
		return nil, err
	}
	return b, b.Add(GraphFile, graph.Bytes())
}
