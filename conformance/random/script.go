package random

import (
	"fmt"
	"strings"
)

// Script is what every step of a random flow runs: it leaves a number that
// depends on the step's name and its inputs, and a list, a word and a truth
// that depend on the number. A fragile one fails for some numbers.
func Script(name string, inputs []string, fragile bool) string {
	var b strings.Builder
	b.WriteString("c=$(printf '%s|' '" + name + "'")
	for _, in := range inputs {
		fmt.Fprintf(&b, ` "${%s-nil}"`, in)
	}
	b.WriteString(" | cksum); c=${c%% *}; v=$((c % 97))\n")
	if fragile {
		b.WriteString("test $((v % 3)) -ne 0\n")
	}
	b.WriteString(`echo $v > "$FLOWC_OUT/v"
case $((v % 4)) in 0) echo '[]';; 1) echo '[1]';; 2) echo '[4, 2]';; *) echo "[$v, 0, 9]";; esac > "$FLOWC_OUT/xs"
case $((v % 3)) in 0) echo a;; 1) echo b;; *) echo c;; esac > "$FLOWC_OUT/mode"
case $((v % 2)) in 0) echo false;; *) echo true;; esac > "$FLOWC_OUT/go"
`)
	return b.String()
}

// outcome computes what Script leaves; ok is false where it fails.
func outcome(script, name string, inputs []string) (out map[string]any, ok bool) {
	v := int64(cksum(strings.Join(append([]string{name}, inputs...), "|")+"|") % 97)
	if strings.Contains(script, "-ne 0") && v%3 == 0 {
		return nil, false
	}
	lists := [][]any{{}, {int64(1)}, {int64(4), int64(2)}, {v, int64(0), int64(9)}}
	return map[string]any{"v": v, "xs": lists[v%4], "mode": string("abc"[v%3]), "go": v%2 == 1}, true
}

// cksum is the checksum of the POSIX utility of that name: a CRC over the
// bytes and then over the length, least significant byte first.
func cksum(text string) uint32 {
	var crc uint32
	add := func(b byte) {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	for i := 0; i < len(text); i++ {
		add(text[i])
	}
	for n := len(text); n > 0; n >>= 8 {
		add(byte(n))
	}
	return ^crc
}
