package s3

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// endpointEnv names the environment's endpoint, before AWS's own variables.
const endpointEnv = "FLOWC_S3_ENDPOINT"

// tuning is everything that tests make smaller.
type tuning struct {
	part     int64 // bytes: the largest single request, and the smallest part of an upload or download
	parts    int64 // the most parts that an upload may have
	buffers  int   // bodies in memory at a time, each of up to part bytes
	transfer int   // parts of one file under way at a time
	whole    int64 // bytes: who asks for the first so many, or more, gets a checked reply with no range

	attempts int           // of one request
	pause    time.Duration // before the second attempt, on average half of it (5 times that if overloaded); doubles each time
	maxPause time.Duration // for an overloaded server; a quarter of it for other failures
	idle     time.Duration // how long nothing may move on a connection that waits for something
}

var defaults = tuning{
	part:     16 << 20,
	parts:    10_000,
	buffers:  4,
	transfer: 16,
	whole:    1 << 20,

	attempts: 10,
	pause:    100 * time.Millisecond,
	maxPause: 10 * time.Second,
	idle:     2 * time.Minute,
}

// Connections are kept for use by many tasks in one process.
const (
	maxConns   = 128
	bufferSize = 64 << 10 // of a connection, in each direction
)

// connect makes the client for an address, out of the environment.
func connect(ctx context.Context, a address, t tuning) (*s3.Client, place, error) {
	// What goes wrong is said by errors, not by a log on standard error.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithAppID("flowc"), config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, place{}, fmt.Errorf("the AWS settings of the environment: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, place{}, err
	}
	endpoint := a.endpoint
	if endpoint == "" {
		if endpoint = os.Getenv(endpointEnv); endpoint != "" {
			if err := checkEndpoint(endpoint); err != nil {
				return nil, place{}, fmt.Errorf("the endpoint in %s %w", endpointEnv, err)
			}
		}
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		if a.region != "" {
			o.Region = a.region
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = "us-east-1" // what other servers expect, if anything
		}
		o.UsePathStyle = o.BaseEndpoint != nil
		if a.pathStyle != nil {
			o.UsePathStyle = *a.pathStyle
		}
		if o.Credentials != nil {
			o.Credentials = credentials{o.Credentials}
		}
		// Uploads bring the checksums that the server knows; see package comment.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		o.DisableLogOutputChecksumValidationSkipped = true
		o.HTTPClient = transport(o.HTTPClient, t)
		if n := o.RetryMaxAttempts; n > 0 { // AWS_MAX_ATTEMPTS, or the profile's
			t.attempts = n
		}
		o.Retryer = newRetryer(t)
	})
	o := client.Options()
	if o.Region == "" {
		return nil, place{}, errors.New("no region is known: add ?region=REGION to the URL, or set AWS_REGION")
	}
	where := place{bucket: a.bucket, region: o.Region, tls: true}
	if a.prefix != "" {
		where.prefix = a.prefix + "/"
	}
	if o.BaseEndpoint != nil {
		where.endpoint = *o.BaseEndpoint
		where.tls = strings.HasPrefix(strings.ToLower(where.endpoint), "https:")
		if err := checkEndpoint(where.endpoint); err != nil {
			return nil, place{}, fmt.Errorf("the endpoint of the AWS settings %w", err)
		}
	}
	return client, where, nil
}

// transport returns the HTTP client with connections for many requests at a
// time. Its argument is what the SDK made, with the environment's CA bundle.
func transport(made s3.HTTPClient, t tuning) s3.HTTPClient {
	client, ok := made.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	client = client.WithDialerOptions(func(d *net.Dialer) { d.Timeout = 10 * time.Second })
	client = client.WithTransportOptions(func(tr *http.Transport) {
		tr.MaxConnsPerHost = maxConns
		tr.MaxIdleConns = maxConns
		tr.MaxIdleConnsPerHost = maxConns
		tr.WriteBufferSize = bufferSize
		tr.ReadBufferSize = bufferSize
		dial := tr.DialContext
		tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &watched{conn, t.idle}, nil
		}
	})
	return client.Freeze() // or the SDK would set its own dialer
}

// watched is a connection whose reads and writes fail when nothing has moved in
// either direction for a while: a reply may take long while a body is being
// sent, but not for ever when nothing happens.
type watched struct {
	net.Conn
	idle time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	if err := w.SetDeadline(time.Now().Add(w.idle)); err != nil {
		return 0, err
	}
	return w.Conn.Read(p)
}

func (w *watched) Write(p []byte) (int, error) {
	if err := w.SetDeadline(time.Now().Add(w.idle)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// newRetryer says what is tried again, how often and after what pause.
//
// It has no budget over all requests, as the SDK's own has: ten thousand tasks
// that meet an overloaded server should wait, not fail.
func newRetryer(t tuning) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = t.attempts
		o.RateLimiter = ratelimit.None
		throttles := retry.IsErrorThrottles(o.Throttles)
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			pause, most := t.pause, t.maxPause/4
			if throttles.IsErrorThrottle(err).Bool() {
				pause, most = 5*pause, t.maxPause
			}
			return rand.N(min(pause<<min(attempt-1, 20), most)) + time.Millisecond, nil
		})
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: map[string]struct{}{
			"OperationAborted":          {}, // a write and a delete of one key at a time
			"BadDigest":                 {}, // damaged on its way
			"XAmzContentSHA256Mismatch": {},
		}})
	})
}

// signed is the option of a request whose body has the sum: the signature
// covers it, and the server checks it.
func signed(sum [32]byte) func(*s3.Options) {
	set := middleware.InitializeMiddlewareFunc("BodyChecksum", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(v4.SetPayloadHash(ctx, hex.EncodeToString(sum[:])), in)
	})
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(set, middleware.Before)
	})
}

// credentials marks the errors of the provider of credentials. They aren't
// retried: the providers that make requests have done so.
type credentials struct{ aws.CredentialsProvider }

func (c credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &credentialsError{err}
	}
	return got, err
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string        { return e.err.Error() }
func (e *credentialsError) Unwrap() error        { return e.err }
func (e *credentialsError) RetryableError() bool { return false }
