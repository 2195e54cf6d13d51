package types

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on types. Ports of nested blocks add at most one list a level to what
// a user wrote, so the three depths leave room for each other.
const (
	MaxWrittenDepth = 16   // of a type as a user writes it, named types included
	MaxDepth        = 32   // of any type
	MaxParts        = 4096 // of any type, names of named types taken out: T counts 1, list<T> 2
	maxEncoded      = 1 << 20
)

// ParseError says why a text is not a type, and at which bytes of it.
type ParseError struct {
	Offset, Len int
	Message     string // one line, without a final stop
	Hint        string // what to write instead; "" if unknown
	Name        string // the unknown name, if that is the reason
}

func (e *ParseError) Error() string {
	if e.Hint != "" {
		return e.Message + "; " + e.Hint
	}
	return e.Message
}

// Parse reads a type as users write it:
//
//	bool int float string date json file dir artifact
//	enum<a|b>   list<T>   map<T>   T?   Name
//
// There is no comma and no brace in a type, so that it stands unquoted anywhere
// in YAML. Name is looked up with named, which may be nil.
func Parse(text string, named func(name string) (Type, bool)) (Type, *ParseError) {
	p := &typeParser{text: text, named: named}
	if len(text) > maxEncoded {
		return nil, &ParseError{0, len(text), "the type is too long", "", ""}
	}
	t, err := p.written()
	if err != nil {
		return nil, err
	}
	if why := CheckSize(t, MaxWrittenDepth); why != "" {
		return nil, &ParseError{0, len(text), why, "use json for structures that deep or wide", ""}
	}
	return t, nil
}

// Decode is the inverse of [Encode]. It accepts exactly what Encode writes.
func Decode(text string) (Type, error) {
	if len(text) > maxEncoded {
		return nil, errors.New("type is too long")
	}
	p := &typeParser{text: text, canonical: true}
	t, err := p.encoded()
	if err != nil {
		return nil, fmt.Errorf("bad type at offset %d: %s", err.Offset, err.Message)
	}
	if why := CheckSize(t, MaxDepth); why != "" {
		return nil, errors.New(why)
	}
	if Encode(t) != text {
		return nil, errors.New("type is not in its canonical form")
	}
	return t, nil
}

// CheckSize says why t is too large, or "": it nests deeper than depth, or has
// more than [MaxParts] parts. The work is bounded, however much structure named
// types share.
func CheckSize(t Type, depth int) string {
	parts := MaxParts
	return checkSize(t, depth, depth, &parts)
}

func checkSize(t Type, left, depth int, parts *int) string {
	*parts--
	if left < 1 {
		return fmt.Sprintf("the type nests deeper than %d levels", depth)
	}
	if e, ok := t.(Enum); ok {
		*parts -= len(e.Values)
	}
	if *parts < 0 {
		return fmt.Sprintf("the type has more than %d parts", MaxParts)
	}
	switch t := t.(type) {
	case List:
		return checkSize(t.Elem, left-1, depth, parts)
	case Map:
		return checkSize(t.Elem, left-1, depth, parts)
	case Optional:
		return checkSize(t.Elem, left, depth, parts)
	case Record:
		for _, f := range t.Fields {
			if why := checkSize(f.Type, left-1, depth, parts); why != "" {
				return why
			}
		}
	}
	return ""
}

// typeParser reads both forms; canonical chooses.
type typeParser struct {
	text      string
	pos       int
	depth     int
	canonical bool
	named     func(string) (Type, bool)
}

func (p *typeParser) fail(start, end int, hint, format string, args ...any) *ParseError {
	return &ParseError{Offset: start, Len: max(0, end-start), Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *typeParser) spaces() {
	for !p.canonical && p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// accept takes s if it comes next.
func (p *typeParser) accept(s string) bool {
	p.spaces()
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// word takes the longest run of word characters; "" if there is none.
func (p *typeParser) word() (word string, start int) {
	p.spaces()
	start = p.pos
	for p.pos < len(p.text) && wordRune(rune(p.text[p.pos])) {
		p.pos++
	}
	return p.text[start:p.pos], start
}

// name is a word or, in canonical text, a JSON string.
func (p *typeParser) name() (string, *ParseError) {
	if p.canonical && strings.HasPrefix(p.text[p.pos:], `"`) {
		r := &reader{data: []byte(p.text), pos: p.pos}
		s, err := r.string()
		if err != nil {
			return "", p.fail(p.pos, p.pos+1, "", "%s", err.Message)
		}
		p.pos = r.pos
		return s, nil
	}
	w, start := p.word()
	if w == "" {
		return "", p.fail(start, start, "", "a name is missing")
	}
	return w, nil
}

// next describes what stands at pos, for messages.
func (p *typeParser) next() (what string, start, end int) {
	p.spaces()
	if p.pos >= len(p.text) {
		return "the end", len(p.text), len(p.text)
	}
	_, n := utf8.DecodeRuneInString(p.text[p.pos:])
	return fmt.Sprintf("%q", p.text[p.pos:p.pos+n]), p.pos, p.pos + n
}

// written reads the whole text in the form that users write.
func (p *typeParser) written() (Type, *ParseError) {
	t, err := p.writtenType()
	if err != nil {
		return nil, err
	}
	if what, start, end := p.next(); end > start {
		hint := ""
		switch p.text[start] {
		case '|':
			hint = "a choice of texts is written enum<a|b>; a value that may be absent, T?"
		case '[':
			hint = fmt.Sprintf("a list is written list<%v>", t)
		case ',':
			hint = "types hold no comma"
		case '<':
			hint = "only enum, list and map take <>"
		}
		return nil, p.fail(start, end, hint, "unexpected %s after the type %v", what, t)
	}
	return t, nil
}

func (p *typeParser) writtenType() (Type, *ParseError) {
	if p.depth++; p.depth > MaxWrittenDepth {
		return nil, p.fail(p.pos, len(p.text), "use json for structures that deep", "the type nests deeper than %d levels", MaxWrittenDepth)
	}
	defer func() { p.depth-- }()
	word, start := p.word()
	if word == "" {
		return nil, p.noWord()
	}
	end := p.pos
	t, err := p.writtenAtom(word, start, end)
	if err != nil {
		return nil, err
	}
	if p.accept("?") {
		t = Opt(t)
		if p.accept("?") {
			return nil, p.fail(p.pos-1, p.pos, "one ? is enough", "T?? is not a type")
		}
	}
	return t, nil
}

func (p *typeParser) writtenAtom(word string, start, end int) (Type, *ParseError) {
	switch word {
	case "bool", "int", "float", "string", "date", "json", "file", "dir", "artifact":
		return Basic(slices.Index(basicNames[:], word)), nil
	case "list", "map":
		what := map[string]string{"list": "elements", "map": "values"}[word]
		if !p.accept("<") {
			hint := fmt.Sprintf("%s<int>, say", word)
			if p.pos < len(p.text) && strings.IndexByte("[({", p.text[p.pos]) >= 0 {
				hint = fmt.Sprintf("write %s<...> with angle brackets", word)
			}
			return nil, p.fail(start, end, hint, "%s needs the type of its %s", word, what)
		}
		elem, err := p.writtenType()
		if err != nil {
			return nil, err
		}
		if !p.accept(">") {
			what, s, e := p.next()
			hint := fmt.Sprintf("close it: %s<%v>", word, elem)
			if word == "map" && s < len(p.text) && p.text[s] == ',' {
				hint = "keys are always strings: name the type of the values alone, map<int>"
			}
			return nil, p.fail(s, e, hint, "expected > after %s<%v, found %s", word, elem, what)
		}
		if word == "list" {
			return List{elem}, nil
		}
		return Map{elem}, nil
	case "enum":
		return p.writtenEnum(start, end)
	}
	if p.named != nil {
		if t, ok := p.named(word); ok && t != nil {
			return t, nil
		}
	}
	err := p.fail(start, end, hintForName(word), "unknown type %s", word)
	err.Name = word
	return nil, err
}

func (p *typeParser) writtenEnum(start, end int) (Type, *ParseError) {
	if !p.accept("<") {
		hint := "enum<small|large>, say"
		if p.pos < len(p.text) && strings.IndexByte("[({", p.text[p.pos]) >= 0 {
			hint = "write enum<a|b> with angle brackets, and | between the values"
		}
		return nil, p.fail(start, end, hint, "enum needs its values")
	}
	var values []string
	for {
		word, start := p.word()
		if word == "" {
			what, s, e := p.next()
			hint := "values are words of letters, digits and _ . + -"
			if s < len(p.text) && (p.text[s] == '"' || p.text[s] == '\'') {
				hint = "write the values without quotes: enum<a|b>"
			}
			return nil, p.fail(s, e, hint, "expected a value of the enum, found %s", what)
		}
		if slices.Contains(values, word) {
			return nil, p.fail(start, p.pos, "", "the enum has the value %s twice", word)
		}
		if values = append(values, word); len(values) > MaxParts {
			return nil, p.fail(start, p.pos, "use string", "the enum has more than %d values", MaxParts)
		}
		switch {
		case p.accept("|"):
		case p.accept(">"):
			return Enum{values}, nil
		default:
			what, s, e := p.next()
			hint := ""
			if s < len(p.text) && p.text[s] == ',' {
				hint = "put | between the values: enum<a|b>"
			}
			return nil, p.fail(s, e, hint, "expected | or > after the value %s, found %s", word, what)
		}
	}
}

func (p *typeParser) noWord() *ParseError {
	what, start, end := p.next()
	hint := ""
	if end > start {
		switch p.text[start] {
		case '{':
			hint = "give the record a name under types:, or write its fields as a YAML mapping"
		case '[':
			hint = "a list is written list<int>"
		case '"', '\'':
			hint = "a choice of texts is written enum<a|b>"
		case '>':
			hint = "name the type inside <>"
		}
	}
	if start == 0 && end == 0 {
		return p.fail(0, 0, "", "a type is missing")
	}
	return p.fail(start, end, hint, "expected a type, found %s", what)
}

// otherNames are names that other systems use.
var otherNames = map[string]string{
	"str": "string", "text": "string", "varchar": "string", "char": "string",
	"double": "float", "number": "float", "real": "float", "decimal": "float", "float32": "float", "float64": "float", "numeric": "float",
	"integer": "int", "long": "int", "int32": "int", "int64": "int", "uint": "int", "short": "int",
	"boolean": "bool",
	"bytes":   "file", "blob": "file", "binary": "file", "path": "file", "filepath": "file", "csv": "file", "parquet": "file", "dataframe": "file",
	"directory": "dir", "folder": "dir",
	"object": "json", "struct": "json", "record": "json", "any": "json", "value": "json",
	"pickle": "artifact", "model": "artifact",
	"datetime": "date", "timestamp": "date", "day": "date", "time": "date",
}

func hintForName(word string) string {
	lower := strings.ToLower(word)
	switch lower {
	case "dict", "dictionary", "hash", "mapping":
		return "a map is written map<int>; json holds any structure"
	case "array", "vector", "seq", "sequence", "tuple", "set":
		return "a list is written list<int>"
	case "optional", "maybe", "nullable", "option":
		return "a value that may be absent is written with ?, as in int?"
	case "any", "object", "struct", "record":
		return "json holds any value; records with known fields are named under types:"
	case "none", "nil", "null", "void":
		return "a value that may be absent is written with ?, as in int?"
	case "union", "literal", "choice":
		return "a choice of texts is written enum<a|b>"
	case "enum", "list", "map":
		return "write it in lower case: " + lower
	case "datetime", "timestamp", "time":
		return "date is a calendar day; a moment in time is a string"
	}
	if t, ok := otherNames[lower]; ok {
		return "did you mean " + t + "?"
	}
	if t := Suggest(word, writable); t != "" {
		return "did you mean " + t + "?"
	}
	return ""
}

var writable = []string{"bool", "int", "float", "string", "date", "json", "file", "dir", "artifact", "enum", "list", "map"}

// encoded reads the whole text in the form of Encode.
func (p *typeParser) encoded() (Type, *ParseError) {
	t, err := p.encodedType()
	if err == nil && p.pos < len(p.text) {
		err = p.fail(p.pos, len(p.text), "", "unexpected %q", p.text[p.pos:p.pos+1])
	}
	return t, err
}

func (p *typeParser) encodedType() (Type, *ParseError) {
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(p.pos, p.pos, "", "nests deeper than %d levels", MaxDepth)
	}
	defer func() { p.depth-- }()
	word, start := p.word()
	var t Type
	var err *ParseError
	switch {
	case p.accept("{"):
		t, err = p.encodedFields(word)
	case word == "list" || word == "map":
		var elem Type
		if !p.accept("<") {
			return nil, p.fail(p.pos, p.pos, "", "expected <")
		}
		if elem, err = p.encodedType(); err == nil && !p.accept(">") {
			err = p.fail(p.pos, p.pos, "", "expected >")
		}
		if word == "list" {
			t = List{elem}
		} else {
			t = Map{elem}
		}
	case word == "enum":
		t, err = p.encodedEnum()
	default:
		i := slices.Index(basicNames[:], word)
		if i <= int(Invalid) {
			return nil, p.fail(start, p.pos, "", "unknown type %q", word)
		}
		t = Basic(i)
	}
	if err != nil {
		return nil, err
	}
	if p.accept("?") {
		t = Opt(t)
	}
	return t, nil
}

func (p *typeParser) encodedFields(name string) (Type, *ParseError) {
	rec := Record{Name: name}
	if p.accept("}") {
		return rec, nil
	}
	for {
		start := p.pos
		field, err := p.name()
		if err != nil {
			return nil, err
		}
		if !p.accept(": ") {
			return nil, p.fail(p.pos, p.pos, "", "expected a colon and a space")
		}
		t, err := p.encodedType()
		if err != nil {
			return nil, err
		}
		if n := len(rec.Fields); n > 0 && rec.Fields[n-1].Name >= field {
			return nil, p.fail(start, p.pos, "", "fields are not sorted, or one is there twice")
		}
		if rec.Fields = append(rec.Fields, Field{field, t}); len(rec.Fields) > MaxParts {
			return nil, p.fail(start, p.pos, "", "too many fields")
		}
		switch {
		case p.accept(", "):
		case p.accept("}"):
			return rec, nil
		default:
			return nil, p.fail(p.pos, p.pos, "", "expected a comma or a closing brace")
		}
	}
}

func (p *typeParser) encodedEnum() (Type, *ParseError) {
	if !p.accept("<") {
		return nil, p.fail(p.pos, p.pos, "", "expected <")
	}
	var values []string
	for {
		start := p.pos
		v, err := p.name()
		if err != nil {
			return nil, err
		}
		if n := len(values); n > 0 && values[n-1] >= v {
			return nil, p.fail(start, p.pos, "", "values are not sorted, or one is there twice")
		}
		if values = append(values, v); len(values) > MaxParts {
			return nil, p.fail(start, p.pos, "", "too many values")
		}
		switch {
		case p.accept("|"):
		case p.accept(">"):
			return Enum{values}, nil
		default:
			return nil, p.fail(p.pos, p.pos, "", "expected | or >")
		}
	}
}
