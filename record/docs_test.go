package record

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// docs/store.md has an example of each record, which must be one, and says
// something of each of its fields.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(page), "\n### ")[1:] {
		name, text, _ := strings.Cut(s, "\n")
		sections[name] = text
	}
	for _, doc := range []struct {
		name   string
		fields reflect.Type
		decode func([]byte) error
	}{
		documented[Result]("Result"), documented[Claim]("Claim"), documented[Fail]("Fail"), documented[Run]("Run"),
		documented[End]("End"), documented[Reuse]("Reuse"), documented[Ends]("Ends"), documented[ItemPage]("ItemPage"),
		documented[Page]("Page"), documented[Scope]("Scope"), documented[Summary]("Summary"), documented[CacheEntry]("CacheEntry"),
		{"Value", reflect.TypeFor[Value](), nil}, {"TaskError", reflect.TypeFor[TaskError](), nil},
	} {
		text, ok := sections[doc.name]
		if !ok {
			t.Errorf("there is no section %s", doc.name)
			continue
		}
		checkFields(t, doc.name, text, doc.fields)
		if doc.decode == nil {
			continue
		}
		example := regexp.MustCompile("(?s)```json " + doc.name + "\n(.*?)```").FindStringSubmatch(text)
		if example == nil {
			t.Errorf("%s has no example", doc.name)
		} else if err := doc.decode([]byte(example[1])); err != nil {
			t.Errorf("the example of %s: %v", doc.name, err)
		}
	}
}

func documented[T Document](name string) (d struct {
	name   string
	fields reflect.Type
	decode func([]byte) error
}) {
	d.name, d.fields = name, reflect.TypeFor[T]()
	d.decode = func(text []byte) error {
		_, err := Decode[T](text)
		return err
	}
	return d
}

// checkFields follows the types that have no section of their own.
func checkFields(t *testing.T, name, text string, typ reflect.Type) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == timeType {
		return
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch f.Type {
		case reflect.TypeFor[Value](), reflect.TypeFor[TaskError](), reflect.TypeFor[*TaskError](),
			reflect.TypeFor[map[string]Value](), reflect.TypeFor[[]*Result](), reflect.TypeFor[[]map[string]Value]():
		default:
			checkFields(t, name, text, f.Type)
		}
		if field != "" && field != "v" && !strings.Contains(text, "`"+field+"`") {
			t.Errorf("%s doesn't say what %s is", name, field)
		}
	}
}
