package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/open"
)

func (a *app) runCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a flow on this machine",
		Long: `Runs a flow: every task as a process of its own, as many at once as there are
CPUs. Results go to the store, by default the folder .flowc beside the flow.

Exits with 0 if the run succeeded, 1 if the flow failed, 2 if it could not start.
Ctrl-C stops the tasks and leaves a run that "flowc resume" goes on with; a second
Ctrl-C kills them at once.`,
		Example: "  flowc run flow.yaml\n  flowc run flow.yaml --param lr=0.1 --param 'depths=[3, 5]'",
		Args:    args(1, 1, "one flow file"),
	}
	f := newRunFlags(cmd)
	storeURL := storeFlag(cmd)
	id := cmd.Flags().String("run-id", "", "`ID` of the run (default: made from the time)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		r, err := a.compileOK(args[0])
		if err != nil {
			return err
		}
		s, err := a.storeOf(ctx, *storeURL, args[0])
		if err != nil {
			return err
		}
		opt, err := a.prepare(ctx, f, r, args[0], s)
		if err != nil {
			return err
		}
		opt.Run = *id
		return a.execute(ctx, r.Plan.Doc, opt, f)
	}
	return cmd
}

// storeOf opens the store for a run of a flow file.
func (a *app) storeOf(ctx context.Context, flag, file string) (store.Store, error) {
	address := a.storeAddress(flag)
	if address == "" {
		address = filepath.Join(folderOf(file), storeFolder)
	}
	return open.URL(ctx, address, kinds...)
}

// folderOf is the folder of a flow file; for standard input it is this one.
func folderOf(file string) string {
	if file == "-" {
		return "."
	}
	return filepath.Dir(file)
}

// runFlags are those that run and resume share.
type runFlags struct {
	params      []string
	paramsFile  string
	secretsFile string
	maxParallel int
	keepGoing   bool
	logs        bool
	output      *choice
}

func newRunFlags(cmd *cobra.Command) *runFlags {
	f := &runFlags{}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.params, "param", "p", nil, "`NAME=VALUE` of a param, as often as needed; NAME=@FILE reads the value from a file")
	flags.StringVar(&f.paramsFile, "params-file", "", "YAML or JSON `FILE` with params by name; --param wins")
	flags.StringVar(&f.secretsFile, "secrets-file", "", "`FILE` with lines store/key=value")
	flags.IntVar(&f.maxParallel, "max-parallel", 0, "at most `N` tasks at once (default: the number of CPUs)")
	flags.BoolVarP(&f.keepGoing, "keep-going", "k", false, "after a failure, run everything that does not wait for it")
	flags.BoolVar(&f.logs, "logs", false, "show what tasks print")
	f.output = choiceFlag(cmd, "output", "o", "what to print of the run at its end", "text", "json")
	return f
}

// prepare turns flags into what the engine needs.
func (a *app) prepare(ctx context.Context, f *runFlags, r *compile.Result, file string, s store.Store) (engine.Options, error) {
	if f.maxParallel < 0 {
		return engine.Options{}, usagef("", "--max-parallel must be at least 1")
	}
	values, err := a.params(ctx, f, r, s)
	if err != nil {
		return engine.Options{}, err
	}
	secrets, err := a.secrets(f, r)
	if err != nil {
		return engine.Options{}, err
	}
	code, err := codeFolder(r, file)
	if err != nil {
		return engine.Options{}, err
	}
	return engine.Options{
		Config: &runtime.Config{
			Store: s, Plan: r.Plan, PlanDigest: r.Plan.Digest, Flow: r.Plan.Doc.Flow,
			Target: "local", Code: code, Secrets: secrets,
		},
		Params:      values,
		MaxParallel: f.maxParallel,
		KeepGoing:   f.keepGoing,
		Place:       placeIn(r),
		Source:      sourceOf(file, s),
	}, nil
}
