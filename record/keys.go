package record

import (
	"fmt"
	"time"
)

// Keys of objects that belong to no run.

// Blob is the key of content with that hex sha256.
func Blob(digest string) string { return "blobs/" + fan(digest) + "/" + digest }

// PlanFlow is the key of a plan's block tree and controls.
func PlanFlow(plan string) string { return "plans/" + plan + "/flow.json" }

// PlanStep is the key of one step's contract.
func PlanStep(plan, step string) string { return "plans/" + plan + "/steps/" + step + ".json" }

// RunIndex is the key of the empty object that lists a run, newest first.
func RunIndex(flow, run string, started time.Time) string {
	return RunIndexPrefix(flow) + inverse(started) + "~" + run
}

// RunIndexPrefix is what all of a flow's RunIndex keys start with.
func RunIndexPrefix(flow string) string { return "index/" + flow + "/runs/" }

// EndIndex is the key of the empty object that lists an ended run with its status, newest start first.
func EndIndex(flow, run string, started time.Time, status RunStatus) string {
	return EndIndexPrefix(flow) + inverse(started) + "~" + run + "~" + string(status)
}

// EndIndexPrefix is what all of a flow's EndIndex keys start with.
func EndIndexPrefix(flow string) string { return "index/" + flow + "/ends/" }

// Cache is the key of a cache entry.
func Cache(key string) string { return "cache/" + fan(key) + "/" + key + ".json" }

// fan spreads many objects over 256 folders.
func fan(digest string) string { return digest[:min(2, len(digest))] }

// inverse makes later times sort first.
func inverse(t time.Time) string {
	return fmt.Sprintf("%013d", maxMilli-min(max(t.UnixMilli(), 0), maxMilli))
}

const maxMilli = 9999999999999 // in the year 2286

// Keys makes the keys of one run.
type Keys struct{ Flow, Run string }

func (k Keys) at(rest string) string { return "runs/" + k.Flow + "/" + k.Run + "/" + rest }

// RunRecord holds a Run, EndRecord an End, Reuse a Reuse.
func (k Keys) RunRecord() string { return k.at("run.json") }
func (k Keys) EndRecord() string { return k.at("end.json") }
func (k Keys) Reuse() string     { return k.at("reuse.json") }

// Params holds the raw parameters where the orchestrator writes them.
func (k Keys) Params() string { return k.at("params.json") }

// OrchestratorFailure holds what the orchestrator said about a failure, as text,
// where it says anything.
func (k Keys) OrchestratorFailure() string { return k.at("failure.json") }

// Result holds the Result of a task.
func (k Keys) Result(step string, p Path) string {
	return k.at("results/" + step + "/" + p.String() + ".json")
}

// ResultPrefix is what all Result keys of a step start with; step "" means of all steps.
func (k Keys) ResultPrefix(step string) string { return k.under("results/", step) }

// Attempt holds the Claim of attempt n of a unit: a task's path, or a batch's ("b3", "0.b3").
func (k Keys) Attempt(step, unit string, n int) string {
	return k.at(fmt.Sprintf("attempts/%s/%s/%d.json", step, unit, n))
}

// AttemptPrefix is what all Attempt keys of a step start with; step "" means of all steps.
func (k Keys) AttemptPrefix(step string) string { return k.under("attempts/", step) }

// Fail holds the Fail of attempt n.
func (k Keys) Fail(step, unit string, n int) string {
	return k.at(fmt.Sprintf("fails/%s/%s/%d.json", step, unit, n))
}

// FailPrefix is what all Fail keys of a step start with; step "" means of all steps.
func (k Keys) FailPrefix(step string) string { return k.under("fails/", step) }

// Log holds chunk i of the log of attempt n, as text.
func (k Keys) Log(step, unit string, n, i int) string {
	return k.at(fmt.Sprintf("logs/%s/%s/%d.%06d", step, unit, n, i))
}

// LogPrefix is what the Log keys of one unit start with.
func (k Keys) LogPrefix(step, unit string) string { return k.at("logs/" + step + "/" + unit + "/") }

// Token holds the control record that an orchestrator reads for a node.
func (k Keys) Token(node string, p Path) string {
	return k.at("tokens/" + node + "/" + p.String() + ".json")
}

// Ends holds the Ends of a loop.
func (k Keys) Ends(loop string, p Path) string {
	return k.at("ends/" + loop + "/" + p.String() + ".json")
}

// Items holds an ItemPage of a foreach's variable v; p is the path of the task
// that decided the number of its items.
func (k Keys) Items(foreach string, p Path, v, page int) string {
	return k.at(fmt.Sprintf("items/%s/%s/%d.%d.json", foreach, p, v, page))
}

// Page holds a Page of a foreach step.
func (k Keys) Page(step string, p Path, page int) string {
	return k.at(fmt.Sprintf("pages/%s/%s/%d.json", step, p, page))
}

// Scope holds the Scope of a catch scope that failed.
func (k Keys) Scope(node string, p Path) string {
	return k.at("caught/" + node + "/" + p.String() + ".json")
}

// Summary holds the Summary of a step.
func (k Keys) Summary(step string) string { return k.at("summary/" + step + ".json") }

func (k Keys) under(kind, step string) string {
	if step == "" {
		return k.at(kind)
	}
	return k.at(kind + step + "/")
}
