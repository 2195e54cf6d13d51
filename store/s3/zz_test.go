package s3_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

func BenchmarkZZ(b *testing.B) {
	server := s3test.Versity(b)
	out, _ := exec.Command("pgrep", "-P", fmt.Sprint(os.Getpid()), "versitygw").Output()
	pid := strings.TrimSpace(string(out))
	scpu := func() float64 {
		d, _ := os.ReadFile("/proc/" + pid + "/stat")
		f := strings.Fields(string(d))
		var u, s float64
		fmt.Sscan(f[13], &u)
		fmt.Sscan(f[14], &s)
		return (u + s) / 100
	}
	path, _ := bigFile(b)
	s := server.Open(b)
	ops := map[string]func(){
		"put": func() {
			f, _ := os.Open(path)
			defer f.Close()
			check(b, s.Put(b.Context(), "big", f))
		},
		"import": func() { _, _, err := store.ImportFile(b.Context(), s, path, func([32]byte) string { return "big" }); check(b, err) },
	}
	for name, set := range transfers {
		c := transfermanager.New(server.Client(), set)
		ops[name] = func() {
			f, _ := os.Open(path)
			defer f.Close()
			_, err := c.UploadObject(b.Context(), &transfermanager.UploadObjectInput{Bucket: aws.String(s3test.Bucket), Key: aws.String("store1/big"), Body: f})
			check(b, err)
		}
	}
	for range 4 {
		for _, n := range []string{"put", "sdk", "import", "sdk-16x16"} {
			exec.Command("sync").Run()
			c0, s0, t0 := cpu(b), scpu(), time.Now()
			ops[n]()
			fmt.Printf("%-10s wall %.2f client %.2f server %.2f\n", n, time.Since(t0).Seconds(), (cpu(b) - c0).Seconds(), scpu()-s0)
			check(b, s.Delete(b.Context(), "big"))
		}
	}
}
