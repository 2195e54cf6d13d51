package s3

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/flowc-dev/flowc/store"
)

// List implements store.Store, by one request for each thousand it yields. What
// others put into the bucket under names that no key has is left out.
func (s *Store) List(ctx context.Context, prefix string, opt store.ListOptions) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		err := ctx.Err()
		if err == nil {
			err = store.CheckPrefix(prefix)
		}
		if err == nil {
			err = s.list(ctx, prefix, opt, yield)
		}
		if err != nil {
			yield(store.Info{}, store.Fail(s, "list", prefix, err))
		}
	}
}

func (s *Store) list(ctx context.Context, prefix string, opt store.ListOptions, yield func(store.Info, error) bool) error {
	in := &s3.ListObjectsV2Input{Bucket: s.bucket(), Prefix: s.name(prefix)}
	if opt.Shallow {
		in.Delimiter = aws.String("/")
	}
	if opt.After != "" {
		in.StartAfter = s.name(opt.After)
	}
	last := ""
	for {
		out, err := s.client.ListObjectsV2(ctx, in)
		if err != nil {
			return s.explain(ctx, err)
		}
		s.bucketIs.Store(true)
		for info := range s.page(out) {
			// The server's "after" counts objects, not folders: the folder that
			// holds the object After comes all the same. And a folder may come
			// once on each page that has objects of it.
			if info.Key <= opt.After || info.Key == last && info.Prefix {
				continue
			}
			if info.Key <= last {
				return fmt.Errorf("the server lists keys out of order: %s behind %s", info.Key, last)
			}
			last = info.Key
			if !yield(info, nil) {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextContinuationToken) == "" {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// page yields the objects and folders of one reply, each sorted by itself, in
// the order of their keys.
func (s *Store) page(out *s3.ListObjectsV2Output) iter.Seq[store.Info] {
	return func(yield func(store.Info) bool) {
		objects, folders := out.Contents, out.CommonPrefixes
		for len(objects) > 0 || len(folders) > 0 {
			var info store.Info
			if len(folders) == 0 || len(objects) > 0 && aws.ToString(objects[0].Key) < aws.ToString(folders[0].Prefix) {
				o := objects[0]
				objects = objects[1:]
				info = store.Info{Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}
			} else {
				info = store.Info{Key: aws.ToString(folders[0].Prefix), Prefix: true}
				folders = folders[1:]
			}
			key, mine := strings.CutPrefix(info.Key, s.where.prefix)
			if info.Key = key; !mine || store.CheckKey(strings.TrimSuffix(key, "/")) != nil || info.Prefix != strings.HasSuffix(key, "/") {
				continue
			}
			if !yield(info) {
				return
			}
		}
	}
}
