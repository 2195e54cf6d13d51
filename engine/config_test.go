package engine

import (
	"reflect"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/runtime"
)

// A field that is added to the configuration must reach the tasks.
func TestConfigCopiesEveryField(t *testing.T) {
	own := map[string]bool{"Run": true, "Flow": true, "Init": true, "WaitRetry": true}
	template := &runtime.Config{}
	v := reflect.ValueOf(template).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() || own[v.Type().Field(i).Name] {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int, reflect.Int64:
			f.SetInt(7)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Func:
			f.Set(reflect.MakeFunc(f.Type(), nil))
		case reflect.Chan:
			f.Set(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, f.Type().Elem()), 0).Convert(f.Type()))
		case reflect.Interface: // Store, Plan
		default:
			t.Fatalf("field %s is a %s: say here how to fill it", v.Type().Field(i).Name, f.Kind())
		}
	}
	e := &engine{opt: Options{Config: template}, flow: &contract.Flow{Flow: "f"}}
	c := reflect.ValueOf(e.config("r")).Elem()
	for i := range c.NumField() {
		name := c.Type().Field(i).Name
		if f := c.Field(i); c.Type().Field(i).IsExported() && !own[name] && f.Kind() != reflect.Interface && f.IsZero() {
			t.Errorf("%s is not copied", name)
		}
	}
	if c.FieldByName("Flow").String() != "f" || c.FieldByName("Run").String() != "r" {
		t.Error("flow and run are not those of the run")
	}
}
