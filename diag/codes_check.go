package diag

// Codes of what is wrong with the meaning of a flow.
const (
	// BadName: a name is not legal on every target: lower-case letters, digits
	// and single `_`, a letter first, at most 48 characters.
	//
	//	steps:
	//	  train-eval: {run: ./train.sh}
	BadName Code = "bad-name"

	// ReservedName: a name already means something where it would be used.
	//
	//	steps:
	//	  params: {run: ./params.sh}
	ReservedName Code = "reserved-name"

	// ShadowedName: a name could mean two things in one place.
	//
	//	steps:
	//	  model: {run: ./model.sh, outputs: {sizes: list<int>}}
	//	  fit: {foreach: {model: model.sizes}, inputs: [model], run: ./fit.sh}
	ShadowedName Code = "shadowed-name"

	// UnknownType: a type has a name that neither the language nor the flow's
	// `types` knows.
	//
	//	steps:
	//	  fit: {run: ./fit.sh, outputs: {model: flie}}
	UnknownType Code = "unknown-type"

	// BadType: a type is not written as types are.
	//
	//	steps:
	//	  fit: {run: ./fit.sh, outputs: {scores: list}}
	BadType Code = "bad-type"

	// RecursiveType: a record contains itself.
	//
	//	types:
	//	  Tree: {left: Tree?, right: Tree?}
	//	steps:
	//	  grow: {run: ./grow.sh, outputs: {tree: Tree}}
	RecursiveType Code = "recursive-type"

	// UnknownParam: a param is used that the flow does not declare.
	//
	//	params: {day: date}
	//	steps:
	//	  load: {inputs: [params.days], run: ./load.sh}
	UnknownParam Code = "unknown-param"

	// BadParam: what is said about a param's values contradicts its type or
	// itself.
	//
	//	params: {share: {type: float, min: 0, max: 1, default: 2}}
	//	steps:
	//	  split: {inputs: [params.share], run: ./split.sh}
	BadParam Code = "bad-param"

	// BadSchema: the schema of a param is not a JSON Schema.
	//
	//	params: {config: {type: json, schema: {type: dictionary}}}
	//	steps:
	//	  fit: {inputs: [params.config], run: ./fit.sh}
	BadSchema Code = "bad-schema"

	// UnknownStep: a step, block or item is used that does not exist.
	//
	//	steps:
	//	  train: {run: ./train.sh, outputs: {model: file}}
	//	  eval: {inputs: [trian.model], run: ./eval.sh}
	UnknownStep Code = "unknown-step"

	// UnknownPort: a step has no output, or a block no export, of that name; or
	// a step is used as if it were a value.
	//
	//	steps:
	//	  train: {run: ./train.sh, outputs: {model: file}}
	//	  eval: {inputs: [train.modle], run: ./eval.sh}
	UnknownPort Code = "unknown-port"

	// OutOfScope: a name is used where it can't be seen: a step from outside of
	// its block, or an item of a foreach outside of it.
	//
	//	steps:
	//	  region:
	//	    foreach: {name: [eu, us]}
	//	    steps:
	//	      eval: {inputs: [name], run: ./eval.sh, outputs: {score: float}}
	//	  report: {inputs: [eval.score], run: ./report.sh}
	OutOfScope Code = "out-of-scope"

	// Cycle: steps wait for each other, so that none of them can start.
	//
	//	steps:
	//	  train: {inputs: [eval.score], run: ./train.sh, outputs: {model: file}}
	//	  eval: {inputs: [train.model], run: ./eval.sh, outputs: {score: float}}
	Cycle Code = "cycle"

	// EmptyBlock: a block has nothing inside.
	//
	//	params: {mode: enum<a|b>}
	//	steps:
	//	  choose: {switch: params.mode, cases: {}, else: {}}
	EmptyBlock Code = "empty-block"

	// NeverRuns: a gate is closed whatever happens. A warning.
	//
	//	steps:
	//	  publish: {when: 1 > 2, run: ./publish.sh}
	NeverRuns Code = "never-runs"

	// Unused: a param or a type that nothing refers to. A warning.
	//
	//	params: {day: date}
	//	steps:
	//	  load: {run: ./load.sh}
	Unused Code = "unused"

	// NotIterable: a foreach runs over something that is no list and no map.
	//
	//	params: {folds: int}
	//	steps:
	//	  fit: {foreach: {k: params.folds}, inputs: [k], run: ./fit.sh}
	NotIterable Code = "not-iterable"

	// ForeachCombine: a foreach over several lists doesn't say how they combine,
	// or cannot combine them as it says.
	//
	//	steps:
	//	  fit: {foreach: {lr: [0.1, 0.01], depth: [3, 5]}, inputs: [lr, depth], run: ./fit.sh}
	ForeachCombine Code = "foreach-combine"

	// ForeachBatch: `batch` on a foreach with more than one step inside.
	//
	//	steps:
	//	  page:
	//	    foreach: {url: [a, b]}
	//	    batch: 10
	//	    steps:
	//	      fetch: {inputs: [url], run: ./fetch.sh}
	//	      parse: {inputs: [url], run: ./parse.sh}
	ForeachBatch Code = "foreach-batch"

	// SwitchNotExhaustive: a switch has no case for some of the values that
	// there can be.
	//
	//	params: {mode: enum<fast|exact>}
	//	steps:
	//	  fit:
	//	    switch: params.mode
	//	    cases:
	//	      fast: {steps: {quick: {run: ./quick.sh}}}
	SwitchNotExhaustive Code = "switch-not-exhaustive"

	// UnknownCase: a case has a label that is never the value of the switch.
	//
	//	params: {mode: enum<fast|exact>}
	//	steps:
	//	  fit:
	//	    switch: params.mode
	//	    cases:
	//	      fats: {steps: {quick: {run: ./quick.sh}}}
	//	    else: {}
	UnknownCase Code = "unknown-case"

	// LoopCarryType: a carried value has one type in the first iteration and
	// another one in the next.
	//
	//	steps:
	//	  refine:
	//	    loop: {carry: {loss: {from: 1, next: fit.loss}}, until: fit.loss < 0.1, max: 9}
	//	    steps:
	//	      fit: {inputs: [loss], run: ./fit.sh, outputs: {loss: float}}
	LoopCarryType Code = "loop-carry-type"

	// LoopNeverEnds: the test of a loop never holds, so that it always fails when
	// it reaches its bound. A warning.
	//
	//	steps:
	//	  poll:
	//	    loop: {until: false, max: 10}
	//	    steps: {ask: {run: ./ask.sh}}
	LoopNeverEnds Code = "loop-never-ends"

	// OutOfRange: a number is smaller or larger than it can be.
	//
	//	steps:
	//	  fit: {foreach: {k: range(5)}, batch: 1000000, inputs: [k], run: ./fit.sh}
	OutOfRange Code = "out-of-range"

	// TooManyTasks: by the declared numbers, a step would run more often than it
	// may.
	//
	//	steps:
	//	  fit: {foreach: {k: [1, 2, 3]}, max: 2, inputs: [k], run: ./fit.sh}
	TooManyTasks Code = "too-many-tasks"

	// NestedTooDeep: more than eight foreach and loop stand inside each other.
	//
	//	steps:
	//	  a:
	//	    foreach: {i: [1]}
	//	    steps:
	//	      b:
	//	        foreach: {j: [1]}
	//	        steps:
	//	          c:
	//	            foreach: {k: [1]}
	//	            steps:
	//	              d:
	//	                foreach: {l: [1]}
	//	                steps:
	//	                  e:
	//	                    foreach: {m: [1]}
	//	                    steps:
	//	                      f:
	//	                        foreach: {n: [1]}
	//	                        steps:
	//	                          g:
	//	                            foreach: {o: [1]}
	//	                            steps:
	//	                              h:
	//	                                foreach: {p: [1]}
	//	                                steps:
	//	                                  x: {foreach: {q: [1]}, run: ./x.sh}
	NestedTooDeep Code = "nested-too-deep"

	// BadSchedule: a schedule can't start runs of this flow.
	//
	//	params: {region: string}
	//	schedule: {cron: "0 3 * * *"}
	//	steps:
	//	  load: {inputs: [params.region], run: ./load.sh}
	BadSchedule Code = "bad-schedule"

	// BadCron: the times of a schedule are not written as all targets read them.
	//
	//	schedule: {cron: "0 25 * * *"}
	//	steps:
	//	  load: {run: ./load.sh}
	BadCron Code = "bad-cron"

	// BadTimezone: a time zone is not one of the IANA database.
	//
	//	schedule: {cron: "0 3 * * *", timezone: CET+1}
	//	steps:
	//	  load: {run: ./load.sh}
	BadTimezone Code = "bad-timezone"

	// BadAction: what a step runs can't be run.
	//
	//	steps:
	//	  load: {inputs: {tool: '"curl"'}, command: [{input: tool}, --help]}
	BadAction Code = "bad-action"

	// BadImage: the name of an image is not one that a registry can have.
	//
	//	steps:
	//	  load: {run: ./load.sh, image: "Python:3.12"}
	BadImage Code = "bad-image"

	// BadResources: an amount that no machine has, or that no step can run with.
	//
	//	steps:
	//	  load: {run: ./load.sh, resources: {memory: 100Ki}}
	BadResources Code = "bad-resources"

	// BadRetry: attempts or delays that not all targets can count.
	//
	//	steps:
	//	  load: {run: ./load.sh, retry: {attempts: 50}}
	BadRetry Code = "bad-retry"

	// BadDuration: a time that is too short or too long.
	//
	//	steps:
	//	  load: {run: ./load.sh, timeout: 9000h}
	BadDuration Code = "bad-duration"

	// BadEnv: a variable that a process can't have, that is the runtime's, or
	// that is set twice.
	//
	//	steps:
	//	  load: {run: ./load.sh, env: {FLOWC_RUN: mine}}
	BadEnv Code = "bad-env"

	// BadSecret: a secret that can't be named or placed so.
	//
	//	steps:
	//	  load: {run: ./load.sh, secrets: {TOKEN: "hf/to ken"}}
	BadSecret Code = "bad-secret"

	// BadLabel: a label that Kubernetes doesn't take.
	//
	//	steps:
	//	  load: {run: ./load.sh, labels: {team: "data science"}}
	BadLabel Code = "bad-label"

	// BadTag: a tag that can't be shown in one line.
	//
	//	tags: ["nightly,big"]
	//	steps:
	//	  load: {run: ./load.sh}
	BadTag Code = "bad-tag"

	// BadPath: a path that leads out of the code package, or is none.
	//
	//	steps:
	//	  load: {python: "../load.py:main"}
	BadPath Code = "bad-path"
)
