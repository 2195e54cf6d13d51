package yaml

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/diag"
)

// TestSlips makes single slips of the keyboard in good flows: a character
// deleted, put in or hit wrongly, a line moved by a space. What is said must be
// short, near the slip, and specific.
func TestSlips(t *testing.T) {
	const keys = "\"'{}[]:,-#*&!|>%@`\t? "
	paths, err := filepath.Glob("../../testdata/flows/*.flow.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	rng := rand.New(rand.NewSource(7))
	wrong, findings, far, vague := 0, 0, 0, 0
	for _, path := range paths {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 150 {
			at := rng.Intn(len(good))
			before, after := string(good[:at]), string(good[at:])
			key := keys[rng.Intn(len(keys)):][:1]
			switch rng.Intn(4) {
			case 0:
				after = after[1:]
			case 1:
				after = key + after
			case 2:
				after = key + after[1:]
			case 3:
				at = strings.LastIndexByte(before, '\n') + 1
				before, after = string(good[:at]), " "+string(good[at:])
			}
			var srcs diag.Sources
			_, list := Frontend{}.Load(&srcs, "slip.yaml", []byte(before+after))
			if len(list) == 0 {
				continue
			}
			wrong++
			findings += len(list)
			line := 1 + strings.Count(before, "\n")
			nearest := 1 << 30
			for _, d := range list {
				checkFinding(t, &srcs, d)
				nearest = min(nearest, abs(srcs.File(1).Pos(d.Span.Start).Line-line))
				if strings.HasPrefix(d.Summary, "this is not valid YAML") {
					vague++
				}
			}
			if nearest > 1 {
				far++
			}
		}
	}
	said := fmt.Sprintf("%d of the slips are wrong: %d findings, %d of them vague; of %d slips no finding is within a line",
		wrong, findings, vague, far)
	if wrong < 1000 || findings > wrong*11/10 || vague > wrong/100 || far > wrong*3/100 {
		t.Error(said)
	}
	t.Log(said)
}
