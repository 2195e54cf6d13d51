package diag

// What the YAML front end reports: the form of a flow, not its meaning.
const (
	// TooLarge: a file is larger than any flow needs to be, or holds more
	// values than a flow may have.
	//
	//	flow: big
	//	params: {table: {type: "list<int>", default: [1, 2, 3, "and half a million more"]}}
	TooLarge Code = "too-large"

	// TooDeep: lists and mappings nest deeper than anybody can read.
	//
	//	flow: deep
	//	params: {a: {type: json, default: [[[["and a hundred more"]]]]}}
	TooDeep Code = "too-deep"

	// BadEncoding: a file is no UTF-8 text, or holds a character that has no
	// place in one. Control characters can be written as escapes in double quotes.
	//
	//	flow: a file saved as UTF-16, or an image
	BadEncoding Code = "bad-encoding"

	// YAMLSyntax: a file is not YAML, for none of the reasons that have codes
	// of their own.
	//
	//	flow: report
	//	steps
	//	  load: {run: ./load.sh}
	YAMLSyntax Code = "yaml-syntax"

	// YAMLComma: YAML took the comma of a function call inside braces or
	// brackets for its own, so that one value became two. Without this message
	// the second half would silently be a key without a value.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, outputs: {a: int?, b: int?}}
	//	  show: {inputs: {n: coalesce(load.a, load.b)}, run: ./show.sh}
	YAMLComma Code = "yaml-comma"

	// YAMLComment: a value was cut where a # stands behind a space, though the
	// quotes or brackets around it are not closed.
	//
	//	flow: report
	//	steps:
	//	  show: {run: ./show.sh, outputs: {s: string}}
	//	  next:
	//	    when: show.s == " #1"
	//	    run: ./next.sh
	YAMLComment Code = "yaml-comment"

	// YAMLTag: a value begins with !, which makes it a tag in YAML. Write `not`
	// instead of !, or quote the value.
	//
	//	flow: report
	//	params: {done: {type: bool, default: false}}
	//	steps:
	//	  load: {when: !params.done, run: ./load.sh}
	YAMLTag Code = "yaml-tag"

	// YAMLAlias: a value begins with * or &, which makes it an alias or an
	// anchor in YAML. Flows have neither: what is written once is said once.
	//
	//	flow: report
	//	schedule:
	//	  cron: * 3 * * *
	//	steps:
	//	  load: {run: ./load.sh}
	YAMLAlias Code = "yaml-alias"

	// YAMLMerge: a mapping has the merge key <<. Flows don't have it; what steps
	// have in common is said under `defaults:`.
	//
	//	flow: report
	//	steps:
	//	  load: {<<: {image: alpine}, run: ./load.sh}
	YAMLMerge Code = "yaml-merge"

	// YAMLBracket: a value has brackets in it that YAML reads as a list or a
	// mapping of its own.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, outputs: {xs: list<int>}}
	//	  show: {inputs: {first: load.xs[0]}, run: ./show.sh}
	YAMLBracket Code = "yaml-bracket"

	// YAMLColon: a value has a colon and a space in it, where YAML begins
	// another mapping.
	//
	//	flow: report
	//	steps:
	//	  load:
	//	    run: echo "rows: 3"
	YAMLColon Code = "yaml-colon"

	// YAMLQuote: a value begins with a quoted part and goes on behind it; to
	// YAML it ended with the closing quote.
	//
	//	flow: report
	//	params: {mode: {type: string}}
	//	steps:
	//	  load:
	//	    when: "full" == params.mode
	//	    run: ./load.sh
	YAMLQuote Code = "yaml-quote"

	// YAMLStart: a value begins with a character that YAML keeps for itself:
	// @ and ` and %, a comma or a closing bracket, | and > with text behind them.
	//
	//	flow: report
	//	owner: @data
	//	steps:
	//	  load: {run: ./load.sh}
	YAMLStart Code = "yaml-start"

	// YAMLEscape: a text in double quotes has a backslash before a character
	// that needs none. In single quotes a backslash is just a backslash.
	//
	//	flow: report
	//	params:
	//	  zip: {type: string, pattern: "\d+"}
	//	steps:
	//	  load: {run: ./load.sh}
	YAMLEscape Code = "yaml-escape"

	// YAMLSpace: there is no space behind a colon, so that key and value are
	// one text to YAML.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, outputs: {rows:file}}
	YAMLSpace Code = "yaml-space"

	// YAMLTab: a line is indented with a tab; YAML allows only spaces there.
	// In the example, imagine the arrow to be one.
	//
	//	flow: report
	//	steps:
	//	→ load: {run: ./load.sh}
	YAMLTab Code = "yaml-tab"

	// YAMLIndent: the indentation of a line fits no line above it.
	//
	//	flow: report
	//	steps:
	//	  load:
	//	    run: ./load.sh
	//	   outputs: {rows: file}
	YAMLIndent Code = "yaml-indent"

	// YAMLUnclosed: a quote or a bracket is opened and never closed.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, outputs: {rows: file}
	//	  show: {run: ./show.sh}
	YAMLUnclosed Code = "yaml-unclosed"

	// YAMLTemplate: a value is written as a template, with {{ }} or ${{ }}.
	// Flows have no templates: where an expression is expected, it stands as it is.
	//
	//	flow: report
	//	params: {full: {type: bool, default: false}}
	//	steps:
	//	  load:
	//	    when: {{ params.full }}
	//	    run: ./load.sh
	YAMLTemplate Code = "yaml-template"

	// YAMLBoolean: yes, no, on or off stands where some YAML tools read a
	// truth value and others a text. Write true or false, or quote the text.
	//
	//	flow: report
	//	params: {countries: {type: list<string>, default: [de, no, se]}}
	//	steps:
	//	  load: {run: ./load.sh}
	YAMLBoolean Code = "yaml-boolean"

	// YAMLNumber: a number is written in a way on which YAML tools disagree:
	// 0777, 0x1f, 1_000 or 12:30.
	//
	//	flow: report
	//	params: {limit: {type: int, default: 1_000}}
	//	steps:
	//	  load: {run: ./load.sh}
	YAMLNumber Code = "yaml-number"

	// YAMLNull: null or ~ stands where the language says nil, or where ~ may
	// have been meant as text.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, inputs: {since: null}}
	YAMLNull Code = "yaml-null"

	// YAMLDocument: a second YAML document begins in the file.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh}
	//	---
	//	flow: other
	YAMLDocument Code = "yaml-document"

	// DuplicateKey: a mapping has the same key twice. YAML would silently drop
	// one of the two.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, outputs: {rows: file}, run: ./other.sh}
	DuplicateKey Code = "duplicate-key"

	// DuplicateName: two entries of a list would have the same name; in the form
	// `name: value` each can have its own.
	//
	//	flow: report
	//	steps:
	//	  a: {run: ./a.sh, outputs: {rows: file}}
	//	  b: {run: ./b.sh, outputs: {rows: file}}
	//	  c: {inputs: [a.rows, b.rows], run: ./c.sh}
	DuplicateName Code = "duplicate-name"

	// WrongKind: a value is of another kind than the key wants, like text where
	// a list should be.
	//
	//	flow: report
	//	steps:
	//	  - load: {run: ./load.sh}
	WrongKind Code = "wrong-kind"

	// BadValue: a value is of the right kind, but not one of those that the key
	// can have.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, resources: {memory: 2 gigabytes}}
	BadValue Code = "bad-value"

	// MissingKey: a key that must be there is not.
	//
	//	flow: report
	//	steps:
	//	  load: {outputs: {rows: file}}
	MissingKey Code = "missing-key"

	// MissingValue: a key stands there without a value.
	//
	//	flow: report
	//	steps:
	//	  load:
	//	    run:
	MissingValue Code = "missing-value"

	// MisplacedKey: a key has no meaning where it stands, though it has one
	// elsewhere; the message says where, or why it can't be here.
	//
	//	flow: report
	//	params: {regions: {type: list<string>}}
	//	steps:
	//	  region:
	//	    foreach: {name: params.regions}
	//	    retry: {attempts: 3}
	//	    steps:
	//	      load: {inputs: [name], run: ./load.sh}
	MisplacedKey Code = "misplaced-key"

	// ConflictingKeys: two keys exclude each other.
	//
	//	flow: report
	//	steps:
	//	  load: {run: ./load.sh, python: "load.py:main"}
	ConflictingKeys Code = "conflicting-keys"

	// Unsupported: the language has this, but this version of flowc does not
	// support it yet.
	//
	//	flow: report
	//	steps:
	//	  train: {nodes: 4, run: ./train.sh}
	Unsupported Code = "unsupported"
)
