package conformance

import "testing"

// Every case asks for something, and there are enough of them to be worth the name.
func TestCases(t *testing.T) {
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 60 {
		t.Errorf("only %d cases were found", len(cases))
	}
	for _, c := range cases {
		w := c.Want
		if len(w.Values)+len(w.Files)+len(w.Exports)+len(w.Tasks)+len(w.Attempts)+len(w.Logs) == 0 && w.Failed == nil {
			t.Errorf("%s expects nothing that could be wrong", c.Name)
		}
		if (w.Status == "failed") != (w.Failed != nil) {
			t.Errorf("%s: status %s and a failed task do not fit together", c.Name, w.Status)
		}
	}
}
