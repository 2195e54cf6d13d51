package check

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
)

// parse reads the syntax. It reports at most one error.
func parse(text diag.Text) (ast.Node, *source, diag.List) {
	p := &syntax{src: &source{text: text}}
	switch {
	case len(text.Value) > MaxText:
		p.report(diag.ExprTooLarge, text.Span, fmt.Sprintf("the expression is longer than %d KiB", MaxText>>10)).
			Advise("compute this in a step")
	case !utf8.ValidString(text.Value):
		p.report(diag.ExprSyntax, text.Span, "the expression is not valid UTF-8")
	case strings.TrimSpace(text.Value) == "":
		p.report(diag.ExprSyntax, text.Span, "the expression is empty").
			Advise(`write a name, a literal or a condition; an empty text is {value: ""}`)
	default:
		if tree := p.names(); tree != nil {
			return tree, p.src, nil
		}
		if p.lex() && p.brackets() && p.scan() {
			if tree := p.tree(); tree != nil {
				return tree, p.src, nil
			}
		}
	}
	return nil, p.src, p.diags
}

type syntax struct {
	src   *source
	diags diag.List
}

func (p *syntax) report(code diag.Code, span diag.Span, summary string) *diag.Diagnostic {
	return p.diags.Error(code, span, summary)
}

func (p *syntax) reportf(code diag.Code, token int, format string, args ...any) *diag.Diagnostic {
	return p.report(code, p.src.tokenSpan(token), fmt.Sprintf(format, args...))
}

// names reads a.b.c without the parser: most expressions of a flow are nothing
// but a reference. It gives nil for anything else.
func (p *syntax) names() ast.Node {
	text := p.src.text.Value
	var root ast.Node
	for at := 0; at <= len(text); {
		end := at
		for end < len(text) && wordByte(text[end]) {
			end++
		}
		word := text[at:end]
		if word == "" || '0' <= word[0] && word[0] <= '9' || end < len(text) && text[end] != '.' || slices.Contains(expr.Keywords, word) {
			p.src.tokens = nil
			return nil
		}
		p.token(lexer.Identifier, at, end)
		loc := file.Location{From: at, To: end}
		if root == nil {
			root = &ast.IdentifierNode{Value: word}
		} else {
			property := &ast.StringNode{Value: word}
			property.SetLocation(loc)
			root = &ast.MemberNode{Node: root, Property: property}
		}
		root.SetLocation(loc)
		if end == len(text) {
			break
		}
		p.token(lexer.Operator, end, end+1)
		at = end + 1
	}
	return root
}

func (p *syntax) token(kind lexer.Kind, start, end int) {
	p.src.tokens = append(p.src.tokens, token{
		Token: lexer.Token{Location: file.Location{From: start, To: end}, Kind: kind, Value: p.src.text.Value[start:end]},
		start: start, end: end, match: -1,
	})
}

// lex fills the tokens.
func (p *syntax) lex() (ok bool) {
	text := p.src.text.Value
	if utf8.RuneCountInString(text) != len(text) {
		for i := range text {
			p.src.runes = append(p.src.runes, int32(i))
		}
	}
	defer p.recovered(&ok)
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		p.lexError(err)
		return false
	}
	before := 0
	for _, t := range tokens {
		if t.Kind == lexer.EOF {
			break
		}
		tok := token{Token: t, start: p.src.byteAt(t.From), end: p.src.byteAt(t.To), match: -1}
		if gap := text[before:tok.start]; !p.noComment(gap, before) {
			return false
		}
		before = tok.end
		p.src.tokens = append(p.src.tokens, tok)
	}
	return p.noComment(text[before:], before)
}

// noComment reports a comment in the white space between tokens. The parser
// would skip it: `total // 2` would be total.
func (p *syntax) noComment(gap string, at int) bool {
	i := strings.Index(gap, "/")
	if i < 0 {
		return true
	}
	span := p.src.text.Sub(at+i, at+i+2)
	if strings.HasPrefix(gap[i:], "//") {
		p.report(diag.ExprNotAllowed, span, "there is no // operator").
			Advise("the quotient rounded down is div(a, b); remarks go into a YAML comment (#)")
	} else {
		p.report(diag.ExprNotAllowed, span, "there are no comments inside an expression").
			Advise("put remarks into a YAML comment (#)")
	}
	return false
}

// recovered turns a panic of the parser into a finding: no input must end the
// compiler, whatever a library makes of it.
func (p *syntax) recovered(ok *bool) {
	if r := recover(); r != nil {
		*ok = false
		p.report(diag.ExprSyntax, p.src.text.Span, "the expression cannot be read")
	}
}

func (p *syntax) lexError(err error) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		p.report(diag.ExprSyntax, p.src.text.Span, "the expression cannot be read")
		return
	}
	text := p.src.text.Value
	at := min(p.src.byteAt(fe.From), len(text))
	_, n := utf8.DecodeRuneInString(text[at:])
	span := p.src.text.Sub(at, at+n)
	switch msg := fe.Message; {
	case strings.HasPrefix(msg, "literal not terminated"):
		start := lastQuote(text)
		p.report(diag.ExprSyntax, p.src.text.Sub(start, len(text)), "the string is not closed").
			Because("A string ends on the line it begins on. In YAML, ` #` outside of quotes begins a comment and cuts the expression off.").
			Advise("close it, and put the whole expression in single quotes")
	case strings.HasPrefix(msg, "unrecognized character"):
		d := p.report(diag.ExprSyntax, span, fmt.Sprintf("unexpected character %q", text[at:at+n]))
		switch text[at] {
		case '@', '\\', '~':
		default:
			if strings.Contains("“”„‘’", text[at:at+n]) {
				d.Advise(`strings have straight quotes: "..." or '...'`)
			}
		}
	case strings.HasPrefix(msg, "bad number syntax"):
		start := at
		for start > 0 && (wordByte(text[start-1]) || text[start-1] == '.') {
			start--
		}
		end := at + n
		for end < len(text) && wordByte(text[end]) {
			end++
		}
		p.report(diag.ExprSyntax, p.src.text.Sub(start, end), fmt.Sprintf("%s is not a number", text[start:end])).
			Advise("a name begins with a letter, and a number has no unit")
	case strings.Contains(msg, "escape"):
		p.report(diag.ExprSyntax, span, "unknown escape in a string").
			Advise(`write \\ for a backslash`)
	case strings.HasPrefix(msg, "unclosed comment"):
		p.noComment(text[max(0, strings.LastIndex(text, "/*")):], max(0, strings.LastIndex(text, "/*")))
	default:
		p.report(diag.ExprSyntax, span, "the expression cannot be read here")
	}
}

func wordByte(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// lastQuote finds where a string that is not closed begins.
func lastQuote(text string) int {
	open, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			open, quote = i, c
		case c == '\\' && quote != '`':
			i++
		case c == quote, c == '\n' && quote != '`' && quote != 0:
			if c == '\n' {
				return open
			}
			quote = 0
		}
	}
	return open
}

var closers = map[string]string{"(": ")", "[": "]", "{": "}"}

// brackets pairs brackets and limits how deep they nest.
func (p *syntax) brackets() bool {
	var open []int
	prefix := 0
	for i := range p.src.tokens {
		t := &p.src.tokens[i]
		switch {
		case t.is(lexer.Operator, "-", "+", "!", "not"):
			prefix++
		default:
			prefix = 0
		}
		if t.Kind == lexer.Bracket {
			if _, opens := closers[t.Value]; opens {
				open = append(open, i)
			} else {
				if len(open) == 0 {
					p.reportf(diag.ExprSyntax, i, "%s closes nothing", t.Value)
					return false
				}
				o := open[len(open)-1]
				if want := closers[p.src.tokens[o].Value]; want != t.Value {
					p.reportf(diag.ExprSyntax, i, "expected %s, found %s", want, t.Value).
						See(p.src.tokenSpan(o), "opened here")
					return false
				}
				open = open[:len(open)-1]
				t.match, p.src.tokens[o].match = o, i
			}
		}
		if len(open) > MaxNesting || prefix > MaxNesting {
			p.reportf(diag.ExprTooLarge, i, "the expression nests deeper than %d levels", MaxNesting).
				Advise("compute this in a step")
			return false
		}
	}
	if len(open) > 0 {
		o := open[len(open)-1]
		p.reportf(diag.ExprSyntax, o, "%s is not closed", p.src.tokens[o].Value)
		return false
	}
	return true
}

// scan reports tokens that the parser would accept, or refuse with less to say.
func (p *syntax) scan() bool {
	for i := range p.src.tokens {
		if d := p.odd(i); d != nil {
			return false
		}
	}
	return true
}

// adjacent reports whether token i+1 follows token i without white space.
func (p *syntax) adjacent(i int) bool {
	return i >= 0 && i+1 < len(p.src.tokens) && p.src.tokens[i].end == p.src.tokens[i+1].start
}

func (p *syntax) peek(i int, kind lexer.Kind, values ...string) bool {
	return i >= 0 && i < len(p.src.tokens) && p.src.tokens[i].is(kind, values...)
}

func (p *syntax) odd(i int) *diag.Diagnostic {
	t := &p.src.tokens[i]
	span := p.src.tokenSpan(i)
	two := func() diag.Span { return span.To(p.src.tokenSpan(i + 1)) }
	switch t.Kind {
	case lexer.Bytes:
		return p.report(diag.ExprNotAllowed, span, "there are no strings of bytes").Advise("leave the b away")
	case lexer.Number:
		if t.Value[0] == '.' && p.adjacent(i-1) {
			return p.report(diag.ExprSyntax, span, "a number cannot follow a point").Advise("an element of a list is xs[0]")
		}
	case lexer.Bracket:
		return p.oddBracket(i)
	case lexer.Operator:
	default:
		return nil
	}
	if p.peek(i-1, lexer.Operator, ".", "?.") {
		return nil // a field named like an operator
	}
	switch t.Value {
	case "=":
		switch {
		case p.adjacent(i) && p.peek(i+1, lexer.Operator, ">", "<"):
			op := p.src.tokens[i+1].Value + "="
			return p.report(diag.ExprSyntax, two(), fmt.Sprintf("= comes last: %s", op)).Replace(two(), op, "write "+op)
		case p.adjacent(i-1) && p.peek(i-1, lexer.Operator, "==", "!="):
			op := p.src.tokens[i-1].Value
			both := p.src.tokenSpan(i - 1).To(span)
			return p.report(diag.ExprSyntax, both, fmt.Sprintf("%s= is written %s", op, op)).Replace(both, op, "write "+op)
		}
		return p.report(diag.ExprSyntax, span, "= does not compare").Replace(span, "==", "write ==")
	case "<":
		if p.adjacent(i) && p.peek(i+1, lexer.Operator, ">") {
			return p.report(diag.ExprSyntax, two(), "<> is written !=").Replace(two(), "!=", "write !=")
		}
	case "^":
		return p.report(diag.ExprNotAllowed, span, "^ is not an operator here").Advise("a power is written **; for conditions there are and, or, not")
	case "&":
		return p.report(diag.ExprNotAllowed, span, "& is not an operator here").Replace(span, "and", "write and")
	case "|":
		d := p.report(diag.ExprNotAllowed, span, "there are no pipes")
		if p.peek(i+1, lexer.Identifier) && p.peek(i+2, lexer.Bracket, "(") {
			name := p.src.tokens[i+1].Value
			return d.Advise(fmt.Sprintf("write the call as %s(x, ...)", name))
		}
		return d.Advise("for conditions write or; a function is called as f(x)")
	case ";", "let":
		return p.report(diag.ExprNotAllowed, span, "an expression has no variables and is one expression only").
			Advise("write the value where it is used, or compute it in a step")
	case "if", "else":
		return p.report(diag.ExprNotAllowed, span, "there is no if inside an expression").
			Advise("write condition ? a : b")
	case "..":
		return p.report(diag.ExprNotAllowed, span, "there is no .. operator").
			Advise("write range(a, b), which goes up to but without b")
	case "::":
		return p.report(diag.ExprSyntax, span, "unexpected ::")
	case "?":
		if p.peek(i+1, lexer.Operator, ":") {
			return p.report(diag.ExprNotAllowed, two(), "there is no ?: operator").Replace(two(), "??", "?? gives another value in place of an absent one")
		}
	case "#":
		if p.adjacent(i) && p.peek(i+1, lexer.Identifier) {
			return p.report(diag.ExprNotAllowed, two(), fmt.Sprintf("there is no #%s", p.src.tokens[i+1].Value)).
				Advise("# alone is the element; a field of it is #.name or .name")
		}
	}
	return nil
}

func (p *syntax) oddBracket(i int) *diag.Diagnostic {
	t := &p.src.tokens[i]
	if t.Value != "{" {
		return nil
	}
	span := p.src.tokenSpan(i)
	if (p.peek(i+1, lexer.Bracket, "{") && p.adjacent(i)) || (p.peek(i-1, lexer.Identifier, "$") && p.adjacent(i-1)) {
		return p.report(diag.ExprNotAllowed, span, "there is no templating").
			Advise("an expression stands alone: write the name without braces")
	}
	return p.report(diag.ExprNotAllowed, span, "there are no braces in an expression").
		Advise("a mapping is given as YAML in place of the expression; the condition of filter and the like stands without braces")
}

// tree runs the parser.
func (p *syntax) tree() (root ast.Node) {
	ok := true
	defer func() {
		if !ok {
			root = nil
		}
	}()
	defer p.recovered(&ok)
	tree, err := parser.Parse(p.src.text.Value)
	if err != nil {
		p.parseError(err)
		return nil
	}
	return tree.Node
}

func (p *syntax) parseError(err error) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		p.report(diag.ExprSyntax, p.src.whole(), "this is not an expression")
		return
	}
	i := p.src.tokenAt(fe.From)
	t := &p.src.tokens[i]
	atEnd := strings.Contains(fe.Message, "EOF") || strings.Contains(fe.Message, "unexpected end")
	switch msg := fe.Message; {
	case strings.Contains(msg, "exceeds maximum allowed nodes"):
		p.report(diag.ExprTooLarge, p.src.whole(), "the expression has too many parts").Advise("compute this in a step")
	case strings.Contains(msg, "coalesce expressions"):
		p.reportf(diag.ExprSyntax, i, "?? and %s need parentheses around one of them", t.Value).
			Advise(fmt.Sprintf("write (a ?? b) %s c, or a ?? (b %s c)", t.Value, t.Value))
	case strings.Contains(msg, "literal"):
		// The parser stands behind the number by now.
		for i > 0 && p.src.tokens[i].Kind != lexer.Number {
			i--
		}
		text := p.src.tokens[i].Value
		kind := "an int (64 bits)"
		if strings.Contains(msg, "float") {
			kind = "a float"
		}
		p.reportf(diag.ExprSyntax, i, "%s does not fit %s", text, kind)
	case strings.Contains(msg, "expected at least"),
		t.is(lexer.Bracket, ")") && p.peek(i-1, lexer.Operator, ","):
		d := p.reportf(diag.WrongArguments, i, "an argument is missing here")
		if t.match > 0 {
			if f := expr.FunctionNamed(p.src.tokens[t.match-1].Value); f != nil {
				d.Advise("signature: " + f.Signature)
			}
		}
	case atEnd:
		last := len(p.src.tokens) - 1
		if q := p.openQuestion(); q >= 0 {
			p.reportf(diag.ExprSyntax, q, "? needs a : and a second value").Advise("write condition ? a : b")
			return
		}
		p.reportf(diag.ExprSyntax, last, "the expression ends too early").
			Because(fmt.Sprintf("Something must follow %s.", p.src.tokens[last].describe()))
	case strings.Contains(msg, "expected name"):
		p.reportf(diag.ExprSyntax, i, "a name must follow the point")
	default:
		p.unexpected(i)
	}
}

// openQuestion is the last ? that no : belongs to, or -1.
func (p *syntax) openQuestion() int {
	var open []int
	for i := range p.src.tokens {
		switch t := &p.src.tokens[i]; {
		case t.is(lexer.Operator, "?"):
			open = append(open, i)
		case t.is(lexer.Operator, ":") && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

func (t *token) describe() string {
	switch t.Kind {
	case lexer.String:
		return "the string"
	case lexer.Number:
		return "the number " + t.Value
	case lexer.Identifier:
		return "the name " + t.Value
	}
	return strconv.Quote(t.Value)
}

// unexpected reports a token at which the expression stops being one.
func (p *syntax) unexpected(i int) {
	t := &p.src.tokens[i]
	d := p.reportf(diag.ExprSyntax, i, "unexpected %s", strings.TrimPrefix(t.describe(), "the "))
	switch {
	case t.is(lexer.Operator, "#"):
		d.Summary = "# stands for an element, and there is none here"
		d.Advise("use it inside filter, map, any and the like: filter(xs, # > 0)")
	case t.Kind == lexer.Identifier || t.Kind == lexer.String || t.Kind == lexer.Number:
		switch word := strings.ToLower(t.Value); {
		case t.Kind != lexer.Identifier:
			d.Advise("an operator is missing before it")
		case word == "is":
			d.Advise("write == or !=")
		case slices.Contains(expr.Keywords, word) && word != t.Value:
			d.Replace(p.src.tokenSpan(i), word, "write "+word)
		case p.peek(i-1, lexer.Identifier) && slices.Contains([]string{"AND", "OR", "NOT"}, p.src.tokens[i-1].Value):
			d.Advise("write and, or, not in lower case")
		case p.peek(i-1, lexer.Identifier):
			d.Advise(fmt.Sprintf("a text of several words is written %s", p.asText()))
		default:
			d.Advise("an operator is missing before it")
		}
	case t.is(lexer.Operator, ":"):
		d.Advise("condition ? a : b needs both; a : alone has no meaning")
	case t.is(lexer.Operator, ","):
		d.Advise("a list is written [a, b]")
	case t.is(lexer.Operator, "not"):
		d.Advise("write not before the whole condition, with parentheses around it")
	case t.is(lexer.Operator, "contains", "startsWith", "endsWith", "matches"):
		d.Advise(fmt.Sprintf(`it is written between two values: text %s "part"`, t.Value))
	case t.Kind == lexer.Operator:
		d.Advise("a value is missing before it")
	}
}

// asText is how the whole would be written as a text.
func (p *syntax) asText() string {
	text := strings.TrimSpace(p.src.text.Value)
	plain := func(r rune) bool {
		return r == ' ' || r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if len(text) > 60 || strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		text = `"..."`
	}
	return "{value: " + text + "}"
}
