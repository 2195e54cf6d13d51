package random

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

func TestCksum(t *testing.T) {
	for _, text := range []string{"", "a", "s1|", "s12|[1,2]|nil|", strings.Repeat("long ", 1000)} {
		cmd := exec.Command("cksum")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		if got := fmt.Sprint(cksum(text)); want != got {
			t.Errorf("cksum(%.20q) = %s, the utility says %s", text, got, want)
		}
	}
}
