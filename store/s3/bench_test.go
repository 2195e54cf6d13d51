//go:build unix

package s3_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

// All of these compare with what the SDK's own transfer manager does on the
// same server, versitygw, in the same process:
//
//	go test -run '^$' -bench . -benchtime 1x -count 5 ./store/s3

// bigFile makes a file of FLOWC_BENCH_MIB mebibytes (1024) of noise.
func bigFile(b *testing.B) (path string, size int64) {
	b.Helper()
	mib := 1024
	if v := os.Getenv("FLOWC_BENCH_MIB"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			b.Fatal(err)
		}
		mib = n
	}
	path = filepath.Join(b.TempDir(), "big")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	noise := rand.NewChaCha8([32]byte{1})
	if _, err := io.CopyN(f, noise, int64(mib)<<20); err != nil {
		b.Fatal(err)
	}
	return path, int64(mib) << 20
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// eachTime measures do, and not undo. It also reports the processor time of
// this process, without that of the server, which is what a busy machine leaves
// comparable.
func eachTime(b *testing.B, do, undo func()) {
	var used time.Duration
	for b.Loop() {
		before := cpu(b)
		do()
		used += cpu(b) - before
		b.StopTimer()
		undo()
		b.StartTimer()
	}
	b.ReportMetric(used.Seconds()/float64(b.N), "cpu-s/op")
}

func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// transfers are settings of the transfer manager: its own, and ours.
var transfers = map[string]func(*transfermanager.Options){
	"sdk":       func(*transfermanager.Options) {},
	"sdk-16x16": func(o *transfermanager.Options) { o.PartSizeBytes, o.Concurrency = 16<<20, 16 },
}

func BenchmarkPut(b *testing.B) {
	server := s3test.Versity(b)
	path, size := bigFile(b)
	b.Run("flowc-put", func(b *testing.B) {
		s := server.Open(b)
		b.SetBytes(size)
		eachTime(b, func() {
			f, err := os.Open(path)
			check(b, err)
			check(b, s.Put(b.Context(), "big", f))
			f.Close()
		}, func() { check(b, s.Delete(b.Context(), "big")) })
	})
	b.Run("flowc-import", func(b *testing.B) {
		s := server.Open(b)
		b.SetBytes(size)
		var sum [32]byte
		eachTime(b, func() {
			var err error
			sum, _, err = store.ImportFile(b.Context(), s, path, blobKey)
			check(b, err)
		}, func() { check(b, s.Delete(b.Context(), blobKey(sum))) })
	})
	for name, set := range transfers {
		client := transfermanager.New(server.Client(), set)
		upload := func() {
			f, err := os.Open(path)
			check(b, err)
			defer f.Close()
			_, err = client.UploadObject(b.Context(), &transfermanager.UploadObjectInput{
				Bucket: aws.String(s3test.Bucket), Key: aws.String("sdk"), Body: f,
			})
			check(b, err)
		}
		s := server.Open(b)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			eachTime(b, upload, func() { check(b, s.Delete(b.Context(), "sdk")) })
		})
		b.Run(name+"-and-hash", func(b *testing.B) {
			b.SetBytes(size)
			eachTime(b, func() {
				hashOf(b, path)
				upload()
			}, func() { check(b, s.Delete(b.Context(), "sdk")) })
		})
	}
}

func hashOf(b *testing.B, path string) {
	f, err := os.Open(path)
	check(b, err)
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{sha256.New()}, f, make([]byte, 256<<10))
	check(b, err)
}

func BenchmarkGet(b *testing.B) {
	server := s3test.Versity(b)
	path, size := bigFile(b)
	s := server.Open(b)
	sum, _, err := store.ImportFile(b.Context(), s, path, blobKey)
	check(b, err)
	out := filepath.Join(b.TempDir(), "out")
	remove := func() { check(b, os.Remove(out)) }
	b.Run("flowc-export", func(b *testing.B) {
		b.SetBytes(size)
		eachTime(b, func() {
			got, err := store.ExportFile(b.Context(), s, blobKey(sum), out)
			check(b, err)
			if got != sum {
				b.Fatal("another sum")
			}
		}, remove)
	})
	b.Run("flowc-get", func(b *testing.B) {
		b.SetBytes(size)
		eachTime(b, func() {
			r, err := s.Get(b.Context(), blobKey(sum), 0, -1)
			check(b, err)
			_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 256<<10))
			check(b, err)
			r.Close()
		}, func() {})
	})
	for name, set := range transfers {
		client := transfermanager.New(server.Client(), set)
		download := func() {
			f, err := os.Create(out)
			check(b, err)
			defer f.Close()
			_, err = client.DownloadObject(b.Context(), &transfermanager.DownloadObjectInput{
				Bucket: aws.String(s3test.Bucket), Key: aws.String("store1/" + blobKey(sum)), WriterAt: f,
			})
			check(b, err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			eachTime(b, download, remove)
		})
		b.Run(name+"-and-hash", func(b *testing.B) {
			b.SetBytes(size)
			eachTime(b, func() {
				download()
				hashOf(b, out)
			}, remove)
		})
	}
}

// BenchmarkSmall are requests one after the other: what a task waits for.
func BenchmarkSmall(b *testing.B) {
	server := s3test.Versity(b)
	s := server.Open(b)
	data := make([]byte, 600) // a result record
	check(b, store.PutBytes(b.Context(), s, "there", data))
	n := 0
	next := func() string {
		n++
		return fmt.Sprintf("results/%02d/%d.json", n%100, n)
	}
	b.Run("put", func(b *testing.B) {
		for b.Loop() {
			check(b, store.PutBytes(b.Context(), s, next(), data))
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			_, err := store.ReadAll(b.Context(), s, "there", 1<<20)
			check(b, err)
		}
	})
	b.Run("get-missing", func(b *testing.B) {
		for b.Loop() {
			if _, err := store.ReadAll(b.Context(), s, "results/missing", 1<<20); err == nil {
				b.Fatal("it is there")
			}
		}
	})
	b.Run("stat", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Stat(b.Context(), "there")
			check(b, err)
		}
	})
	file := filepath.Join(b.TempDir(), "file")
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			n++
			check(b, os.WriteFile(file, fmt.Appendf(data[:0:0], "%600d", n), 0o666))
			_, _, err := store.ImportFile(b.Context(), s, file, blobKey)
			check(b, err)
		}
	})
}

// BenchmarkMany is 10,000 small artifacts, 64 at a time.
func BenchmarkMany(b *testing.B) {
	const many, together = 10_000, 64
	server := s3test.Versity(b)
	each := func(b *testing.B, do func(i int) error) {
		var next atomic.Int64
		var wg sync.WaitGroup
		for range together {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < many; i = next.Add(1) - 1 {
					if err := do(int(i)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	for b.Loop() {
		s := server.Open(b)
		key := func(i int) string { return fmt.Sprintf("results/fit/%d.json", i) }
		data := make([]byte, 600)
		b.Run("put", func(b *testing.B) {
			each(b, func(i int) error { return store.PutBytes(b.Context(), s, key(i), data) })
			b.ReportMetric(many/b.Elapsed().Seconds(), "requests/s")
		})
		b.Run("get", func(b *testing.B) {
			each(b, func(i int) error {
				_, err := store.ReadAll(b.Context(), s, key(i), 1<<20)
				return err
			})
			b.ReportMetric(many/b.Elapsed().Seconds(), "requests/s")
		})
		b.Run("list", func(b *testing.B) {
			for b.Loop() {
				n := 0
				for _, err := range s.List(b.Context(), "results/", store.ListOptions{}) {
					check(b, err)
					n++
				}
				if n != many {
					b.Fatalf("listed %d of %d", n, many)
				}
			}
		})
	}
}
