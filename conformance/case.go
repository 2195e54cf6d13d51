// Package conformance holds flows with expected results that every target must
// bring about: the local engine today, orchestrators as they come. A case is
// one txtar archive under testdata; adding one adds no code. A target is a
// small interface, and [Run] tries every case on it.
//
// An archive holds
//
//	flow.yaml      the flow
//	params.json    params to give, if any
//	secrets.env    secrets to give, if any: lines of STORE/KEY=VALUE
//	want.yaml      what must come of it: a [Want]
//	...            the code package: everything else
//
// The text before the first file says what the case is about.
package conformance

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"
)

//go:embed testdata/*.txtar
var archives embed.FS

// Case is one flow and what must come of it.
type Case struct {
	Name    string // of the archive, without extension
	Doc     string
	Files   map[string][]byte // flow.yaml and the code package, by slash path
	Params  map[string]json.RawMessage
	Secrets map[string]string // by STORE/KEY
	Want    Want
}

// FlowFile is the name of the flow in Case.Files.
const FlowFile = "flow.yaml"

// Want is what must come of a run. Addresses are those of the command line
// without the run: STEP/ARTIFACT, STEP[3.0]/ARTIFACT, BLOCK/PORT.
type Want struct {
	Status   string            `yaml:"status"`   // "" is succeeded
	Values   map[string]any    `yaml:"values"`   // by address; nil: absent
	Files    map[string]string `yaml:"files"`    // whole content by address
	Exports  map[string]any    `yaml:"exports"`  // the flow's own outputs
	Tasks    map[string]int    `yaml:"tasks"`    // tasks of a step that ended ok
	Attempts map[string]int    `yaml:"attempts"` // attempts of the one task of a step
	Skipped  []string          `yaml:"skipped"`  // steps whose one task was skipped
	Caught   []string          `yaml:"caught"`   // steps whose one task failed and was caught
	Failed   *Failure          `yaml:"failed"`   // the task that failed for good
	Logs     map[string]Log    `yaml:"logs"`     // by step
}

// Failure is what a failed task must have left.
type Failure struct {
	Step     string `yaml:"step"`
	Path     string `yaml:"path"`      // "" is any
	Kind     string `yaml:"kind"`      // "" is any
	ExitCode *int   `yaml:"exit_code"` // nil is any
	Message  string `yaml:"message"`   // regular expression
}

// Log is what a step's log must and must not hold.
type Log struct {
	Has   string `yaml:"has"`
	Hasnt string `yaml:"hasnt"`
}

// Cases returns every case, by name.
func Cases() ([]*Case, error) {
	entries, err := archives.ReadDir("testdata")
	if err != nil {
		return nil, err
	}
	var out []*Case
	for _, e := range entries {
		text, err := archives.ReadFile(path.Join("testdata", e.Name()))
		if err != nil {
			return nil, err
		}
		c, err := parse(strings.TrimSuffix(e.Name(), ".txtar"), text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *Case) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func parse(name string, text []byte) (*Case, error) {
	ar := txtar.Parse(text)
	c := &Case{Name: name, Doc: strings.TrimSpace(string(ar.Comment)), Files: map[string][]byte{}, Secrets: map[string]string{}}
	wanted := false
	for _, f := range ar.Files {
		var err error
		switch f.Name {
		case "params.json":
			err = json.Unmarshal(f.Data, &c.Params)
		case "secrets.env":
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				k, v, _ := strings.Cut(line, "=")
				c.Secrets[k] = v
			}
		case "want.yaml":
			wanted = true
			err = yaml.Load(f.Data, &c.Want, yaml.WithKnownFields())
		default:
			c.Files[f.Name] = f.Data
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if c.Want.Status == "" {
		c.Want.Status = "succeeded"
	}
	switch {
	case c.Files[FlowFile] == nil:
		return nil, fmt.Errorf("there is no %s", FlowFile)
	case !wanted:
		return nil, fmt.Errorf("there is no want.yaml")
	case c.Doc == "":
		return nil, fmt.Errorf("the archive does not say what it is about")
	}
	return c, nil
}
