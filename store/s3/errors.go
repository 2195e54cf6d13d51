package s3

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/flowc-dev/flowc/store"
)

// errBehindEnd is the reply to a range that begins behind an object's end.
var errBehindEnd = errors.New("the range lies behind the end of the object")

// explained is an error of the SDK in words for people.
type explained struct {
	words string
	err   error
}

func (e *explained) Error() string { return e.words }
func (e *explained) Unwrap() error { return e.err }

// explain turns an error of the SDK into one of package store, of the context,
// or one that says what to do. It is nil for nil.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var done *explained
	if errors.As(err, &done) {
		return err
	}
	var cred *credentialsError
	if errors.As(err, &cred) {
		return &explained{"no credentials for S3: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, " +
			"or give the pod, task or machine a role: " + brief(innermost(cred.err).Error()), err}
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return s.explainNet(err)
	}
	if known := s.explainCode(err, api, status(err)); known != nil {
		return known
	}
	return &explained{s.answer(err, api), err}
}

// explainCode knows the codes that servers answer with, and the statuses of
// replies without a body, whose code is made of the status.
func (s *Store) explainCode(err error, api smithy.APIError, status int) error {
	say := func(format string, args ...any) error {
		return &explained{fmt.Sprintf(format, args...) + " (" + s.answer(err, api) + ")", err}
	}
	switch code := api.ErrorCode(); code {
	case "NoSuchKey", "NotFound":
		return store.ErrNotFound
	case "PreconditionFailed":
		return store.ErrExists
	case "InvalidRange":
		return errBehindEnd
	case "NoSuchBucket":
		return s.noBucket(err, "")
	case "ObjectParentIsFile", "ExistingObjectIsDirectory", "XMinioParentIsObject", "XMinioObjectExistsAsDirectory":
		return fmt.Errorf("%w: it lies under the key of an object, or over others", store.ErrBadKey)
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return say("the credentials have expired: sign in again, or let them come from a role")
	case "InvalidAccessKeyId", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException", "XAdminUserNotFound":
		return say("the server doesn't know these credentials: look at AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and AWS_PROFILE, and whether they are for %s", s.server())
	case "SignatureDoesNotMatch":
		return say("the secret key doesn't belong to the access key: look at AWS_SECRET_ACCESS_KEY or the profile")
	case "RequestTimeTooSkewed", "RequestExpired":
		return say("the clock of this machine is wrong: set it")
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "MovedPermanently", "IllegalLocationConstraintException", "TemporaryRedirect":
		return s.otherRegion(err, api)
	case "MethodNotAllowed", "NotImplemented":
		return say("the server doesn't support this request: flowc needs conditional writes (If-None-Match on PutObject and CompleteMultipartUpload), ranges and ListObjectsV2")
	}
	switch {
	case status == 412:
		return store.ErrExists
	case status == 416:
		return errBehindEnd
	case status == 301 || status == 307:
		return s.otherRegion(err, api)
	case status == 401 || status == 403:
		wrong := ""
		if code := api.ErrorCode(); code == "Forbidden" || code == "Unauthorized" { // a reply without a body
			wrong = "the credentials are wrong or have expired, or "
		}
		return say("access denied: "+wrong+"the credentials need s3:GetObject, s3:PutObject and s3:AbortMultipartUpload on the objects %s/%s*, "+
			"to delete also s3:DeleteObject, and s3:ListBucket on the bucket (without it S3 denies even what isn't there)", s.where.bucket, s.where.prefix)
	case status == 429 || status == 503:
		return say("the server is overloaded")
	}
	return nil
}

// noBucket is the error of a store whose bucket isn't there.
func (s *Store) noBucket(err error, or string) error {
	return &explained{fmt.Sprintf("there is no bucket %s on %s%s: create it, or correct the store's URL", s.where.bucket, s.server(), or), err}
}

func (s *Store) otherRegion(err error, api smithy.APIError) error {
	region := ""
	var reply *smithyhttp.ResponseError
	if errors.As(err, &reply) && reply.Response != nil {
		region = reply.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if region == "" || !isLabel(region) {
		return &explained{fmt.Sprintf("the bucket %s isn't in the region %s: set ?region= in the store's URL (%s)",
			s.where.bucket, s.where.region, s.answer(err, api)), err}
	}
	return &explained{fmt.Sprintf("the bucket %s is in the region %s, not %s: set ?region=%s in the store's URL",
		s.where.bucket, region, s.where.region, region), err}
}

// answer is what the server said, short.
func (s *Store) answer(err error, api smithy.APIError) string {
	words := s.server() + " answered"
	if code := status(err); code != 0 {
		words += fmt.Sprintf(" %d", code)
	}
	words += " " + brief(api.ErrorCode())
	if m := strings.TrimSuffix(brief(api.ErrorMessage()), "."); m != "" && m != api.ErrorCode() {
		words += ": " + m
	}
	var id s3.ResponseError
	if errors.As(err, &id) && id.ServiceRequestID() != "" {
		words += ", request " + brief(id.ServiceRequestID())
	}
	return words + tries(err)
}

// explainNet explains why there was no answer.
func (s *Store) explainNet(err error) error {
	inner := innermost(err)
	words := s.server() + " can't be reached: " + brief(inner.Error())
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		words = fmt.Sprintf("there is no host %s: look at the endpoint and the region", dns.Name)
		if s.where.endpoint != "" {
			words += ", or add path_style=true to the store's URL"
		}
	case errors.As(err, &unknown):
		words += ": name the file of its authority's certificate in AWS_CA_BUNDLE"
	case !isNet(err):
		words = brief(inner.Error())
	}
	return &explained{words + tries(err), err}
}

func isNet(err error) bool {
	var u *url.Error
	var n net.Error
	return errors.As(err, &u) || errors.As(err, &n)
}

// innermost drops what the SDK puts around errors, but not what the net says.
func innermost(err error) error {
	for {
		switch err.(type) {
		case *net.OpError, *net.DNSError:
			return err
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func status(err error) int {
	var reply *smithyhttp.ResponseError
	if errors.As(err, &reply) {
		return reply.HTTPStatusCode()
	}
	return 0
}

// code is what a server called its error, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func tries(err error) string {
	var most *retry.MaxAttemptsError
	if errors.As(err, &most) && most.Attempt > 1 {
		return fmt.Sprintf(", %d times", most.Attempt)
	}
	return ""
}

func (s *Store) server() string {
	if s.where.endpoint != "" {
		return s.where.endpoint
	}
	return "S3 in " + s.where.region
}
