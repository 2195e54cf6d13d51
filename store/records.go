package store

import (
	"context"

	"github.com/flowc-dev/flowc/record"
)

// PutJSON creates an object of a record, or returns ErrExists. It fills in the
// record's version, and refuses a record that GetJSON would not read back.
func PutJSON[T record.Document](ctx context.Context, s Store, key string, doc T) error {
	data, err := record.Encode(doc)
	if err != nil {
		return Fail(s, "put", key, err)
	}
	return PutBytes(ctx, s, key, data)
}

// GetJSON reads a record of type T. A store can hold anything under any key:
// what is no whole and sound record of this version is an error that says why
// (see [record.Decode]), and no more is read than such a record may have.
func GetJSON[T record.Document](ctx context.Context, s Store, key string) (T, error) {
	data, err := ReadAll(ctx, s, key, record.Limit[T]())
	if err != nil {
		var none T
		return none, err
	}
	doc, err := record.Decode[T](data)
	return doc, Fail(s, "get", key, err)
}
