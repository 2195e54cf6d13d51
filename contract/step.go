package contract

// Step is one step's contract.
type Step struct {
	V      int      `json:"v"`
	Flow   string   `json:"flow"`
	Step   string   `json:"step"`
	Doc    string   `json:"doc,omitempty"`
	Levels []string `json:"levels,omitempty"` // the foreach or loop that each index of the path belongs to

	Inputs  []Input  `json:"inputs,omitempty"`
	Outputs []Output `json:"outputs,omitempty"`

	// Exactly one of these is set.
	Script *Script `json:"script,omitempty"`
	Call   *Call   `json:"call,omitempty"`
	Argv   []Arg   `json:"argv,omitempty"`
	Decide bool    `json:"decide,omitempty"` // made by the compiler: only evaluates Decides

	// Dir is the folder of the code package that the command runs in, and that
	// all paths here are relative to; "" is the root of the package.
	Dir string `json:"dir,omitempty"`

	Image     string     `json:"image,omitempty"`
	Env       []KV       `json:"env,omitempty"`
	Secrets   []Secret   `json:"secrets,omitempty"`
	Resources *Resources `json:"resources,omitempty"`
	Retry     *Retry     `json:"retry,omitempty"`
	Timeout   int64      `json:"timeout_ms,omitempty"` // of one attempt
	Code      []string   `json:"code,omitempty"`
	Cache     *Cache     `json:"cache,omitempty"`
	Labels    []KV       `json:"labels,omitempty"`
	Batch     int        `json:"batch,omitempty"` // items run one after another; the last index of the path is then the batch's number
	Init      bool       `json:"init,omitempty"`  // the flow's only root: initialises the run before its own work

	Gate    *Expr             `json:"gate,omitempty"`   // decided by the task itself
	Catch   bool              `json:"catch,omitempty"`  // its own failure is sealed
	Scopes  []Scope           `json:"scopes,omitempty"` // catch scopes around it, innermost first
	Decides []Decision        `json:"decides,omitempty"`
	Params  map[string]string `json:"params,omitempty"` // type of each param that is read
	Tables
}

// Scope is a catch scope around a step: block Node, at the first Depth indices
// of the step's path; for a foreach that is one item.
//
// When a task fails for good, its result says caught, and the innermost catch
// takes the failure: the step's own, or Scopes[0], which is then marked in the
// store (record.Scope). A task that starts in a marked scope does nothing,
// records poisoned, and decides neutrally: no items, no case, closed, no
// further iteration.
type Scope struct {
	Node  string `json:"node"`
	Depth int    `json:"depth"`
}

// Input is a value that the command sees.
type Input struct {
	Name string `json:"name"`
	Expr Expr   `json:"expr"`
}

// Output is a value that the command leaves.
type Output struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Script is text for a shell: "" is /bin/sh -eu, "bash" adds pipefail.
type Script struct {
	Text  string `json:"text"`
	Shell string `json:"shell,omitempty"`
}

// Call is a Python function in a file of the code package.
type Call struct {
	File string `json:"file"`
	Func string `json:"func"`
}

// Arg has exactly one field set: text, the name of an input (its text or
// path), or the name of an output (its path).
type Arg struct {
	Text   *string `json:"text,omitempty"`
	Input  string  `json:"input,omitempty"`
	Output string  `json:"output,omitempty"`
}

// KV is one entry of an ordered mapping of texts.
type KV struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Secret names a secret: the value of Key in the logical Store goes to the
// variable Env or into File. Values never stand in a plan.
type Secret struct {
	Env   string `json:"env,omitempty"`
	File  string `json:"file,omitempty"`
	Store string `json:"store"`
	Key   string `json:"key"`
}

// Resources are what a task needs; 0 is "not said".
type Resources struct {
	CPUMilli int64  `json:"cpu_milli,omitempty"`
	Memory   int64  `json:"memory,omitempty"` // bytes
	Disk     int64  `json:"disk,omitempty"`
	Shm      int64  `json:"shm,omitempty"`
	GPU      int    `json:"gpu,omitempty"`
	GPUType  string `json:"gpu_type,omitempty"`
}

// Retry says when another attempt is made.
type Retry struct {
	Attempts int      `json:"attempts"` // in all
	Delay    int64    `json:"delay_ms,omitempty"`
	MaxDelay int64    `json:"max_delay_ms,omitempty"`
	Backoff  float64  `json:"backoff,omitempty"` // 0 is 1
	For      []string `json:"for,omitempty"`     // error | oom | evicted | timeout; empty: all
}

// Cache says that results of other runs may be taken over.
type Cache struct {
	Version  string `json:"version,omitempty"`
	Lifetime int64  `json:"lifetime_ms,omitempty"`
}
