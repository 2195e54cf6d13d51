package yaml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v5"
	goyaml "go.yaml.in/yaml/v4"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/diag/diagtest"
)

func TestSchemaHasTheKeysOfTheDecoder(t *testing.T) {
	var b schemaBuilder
	b.document()
	for _, p := range b.problems {
		t.Error(p)
	}
}

func TestSchemaFileIsUpToDate(t *testing.T) {
	path := filepath.FromSlash("../../docs/flow.schema.json")
	if *update {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, Schema()) {
		t.Error("docs/flow.schema.json is not up to date; `make golden` writes it anew")
	}
}

// TestSchemaIsClosed: every mapping with fixed keys refuses others, every key
// is described, and every definition is used.
func TestSchemaIsClosed(t *testing.T) {
	var all map[string]any
	if err := json.Unmarshal(Schema(), &all); err != nil {
		t.Fatal(err)
	}
	definitions := all["definitions"].(map[string]any)
	used := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for i, x := range v {
				walk(fmt.Sprintf("%s/%d", path, i), x)
			}
		case map[string]any:
			if name, ok := v["$ref"].(string); ok {
				name = strings.TrimPrefix(name, "#/definitions/")
				used[name] = true
				if definitions[name] == nil {
					t.Errorf("%s refers to %s, which isn't there", path, name)
				}
				if len(v) > 1 {
					t.Errorf("%s: draft 7 reads nothing beside $ref", path)
				}
			}
			if v["type"] == "object" && v["properties"] != nil {
				if v["additionalProperties"] != false {
					t.Errorf("%s takes any key", path)
				}
				for key, p := range v["properties"].(map[string]any) {
					if doc, _ := p.(map[string]any)["description"].(string); !strings.HasSuffix(doc, ".") {
						t.Errorf("%s: %s is described as %q", path, key, doc)
					}
				}
			}
			for key, x := range v {
				walk(path+"/"+key, x)
			}
		}
	}
	walk("", all)
	for name := range definitions {
		if !used[name] {
			t.Errorf("nothing refers to %s", name)
		}
	}
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource(SchemaID, bytes.NewReader(Schema())); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// toJSON is what an editor validates: the values of a YAML file, with whatever
// a key is as text.
func toJSON(text []byte) (any, error) {
	var doc goyaml.Node
	if err := goyaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	return nodeToJSON(&doc)
}

func nodeToJSON(n *goyaml.Node) (any, error) {
	switch n.Kind {
	case goyaml.DocumentNode:
		return nodeToJSON(n.Content[0])
	case goyaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := nodeToJSON(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			out[n.Content[i].Value] = v
		}
		return out, nil
	case goyaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			v, err := nodeToJSON(c)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case goyaml.AliasNode:
		return nodeToJSON(n.Alias)
	}
	switch n.Tag {
	case "!!null", "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err != nil {
			return nil, err
		}
		if i, ok := v.(int); ok {
			return json.Number(fmt.Sprint(i)), nil
		}
		return v, nil
	}
	return n.Value, nil
}

// validFlows are all flows of the project that are right, by path.
func validFlows(t testing.TB) map[string][]byte {
	t.Helper()
	flows := map[string][]byte{}
	for _, pattern := range []string{"../../testdata/flows/*.yaml", "../../examples/*/flow.yaml", "../../cmd/flowc/internal/starter/files/flow.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("nothing like %s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			flows[path] = bytes.ReplaceAll(text, []byte("{{flow}}"), []byte("first"))
		}
	}
	for _, pattern := range []string{"../../conformance/testdata/*.txtar", "testdata/tree/*.txtar"} {
		archives, err := filepath.Glob(pattern)
		if err != nil || len(archives) == 0 {
			t.Fatalf("nothing like %s: %v", pattern, err)
		}
		for _, path := range archives {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range archive.Files {
				isTree := strings.Contains(path, "tree/")
				if !isTree && file.Name != "flow.yaml" {
					continue
				}
				text, _, _ := strings.Cut(string(file.Data), "----\n")
				flows[path+"#"+file.Name] = []byte(text)
			}
		}
	}
	return flows
}

func TestSchemaTakesValidFlows(t *testing.T) {
	schema := compiledSchema(t)
	for path, text := range validFlows(t) {
		v, err := toJSON(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", path, flat(err))
		}
	}
}

// flat is the innermost cause of what a validator says.
func flat(err error) string {
	v, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return err.Error()
	}
	var out []string
	for _, e := range v.BasicOutput().Errors {
		out = append(out, fmt.Sprintf("%s: %s", e.InstanceLocation, e.Error))
	}
	return strings.Join(out, "\n\t")
}

// beyondSchemas are findings that a JSON Schema can't have, with the reason.
// What is no YAML at all, an editor reports by itself.
var beyondSchemas = map[diag.Code]string{
	diag.DuplicateName: "a schema can't compare parts of texts",
	diag.YAMLComment:   "a schema doesn't see comments",
	diag.YAMLAlias:     "a schema doesn't see anchors",
	diag.DuplicateKey:  "a schema sees values, where one of the two is gone",
	diag.YAMLDocument:  "a schema sees one document",
}

// TestSchemaRejectsInvalidFlows: what the front end reports of the flows under
// testdata/err, the schema rejects, unless it can't.
func TestSchemaRejectsInvalidFlows(t *testing.T) {
	schema := compiledSchema(t)
	archives, err := filepath.Glob("testdata/err/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(err)
	}
	rejected, notYAML, passed := 0, 0, map[diag.Code]int{}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			text := []byte(diagtest.Strip(string(file.Data)))
			v, err := toJSON(text)
			if err != nil {
				notYAML++
				continue
			}
			if schema.Validate(v) != nil {
				rejected++
				continue
			}
			var srcs diag.Sources
			_, list := Frontend{}.Load(&srcs, file.Name, text)
			for _, d := range list {
				passed[d.Code]++
				if beyondSchemas[d.Code] == "" {
					t.Errorf("%s#%s: the schema misses %s: %s", path, file.Name, d.Code, d.Summary)
				}
			}
		}
	}
	t.Logf("%d rejected, %d are no YAML, passed with findings %v", rejected, notYAML, passed)
	if rejected < 20 {
		t.Errorf("only %d were rejected", rejected)
	}
	for code := range beyondSchemas {
		if passed[code] == 0 {
			t.Errorf("%s is said to be beyond schemas, but no flow shows it", code)
		}
	}
}
