package record

import "testing"

func TestParseScopeAndSummary(t *testing.T) {
	k := Keys{Flow: "f", Run: "r"}
	for _, p := range []Path{{}, {0}, {3, 12}} {
		node, back, ok := k.ParseScope(k.Scope("region", p))
		if !ok || node != "region" || back.Compare(p) != 0 {
			t.Errorf("%v reads back as %s %v %v", p, node, back, ok)
		}
	}
	if step, ok := k.ParseSummary(k.Summary("fit")); !ok || step != "fit" {
		t.Errorf("summary reads back as %q %v", step, ok)
	}
	for _, key := range []string{"", "runs/f/r/caught/a", "runs/f/r/caught/a/0", "runs/f/r/caught/a/x.json", "runs/f/r/caught//0.json",
		"runs/f/other/caught/a/0.json", "runs/f/r/caught/a/0/1.json"} {
		if node, p, ok := k.ParseScope(key); ok {
			t.Errorf("%q reads as scope %s %v", key, node, p)
		}
	}
	for _, key := range []string{"", "runs/f/r/summary/", "runs/f/r/summary/.json", "runs/f/r/summary/a", "runs/f/r/summary/a/b.json", "runs/x/r/summary/a.json"} {
		if step, ok := k.ParseSummary(key); ok {
			t.Errorf("%q reads as summary of %q", key, step)
		}
	}
}
