// Package candor gives calls to Candor their manners: where to call, with which token and deadline, what a refusal
// says, how a broken watch goes on.
package candor

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	// Version of this package.
	Version = "0.1.0"
	// Deadline of a unary call whose context has none.
	Deadline = 15 * time.Second

	maxReceivedBytes = 16 << 20
	keepaliveTime    = time.Minute
)

// Token gives an access token that is good now. It is asked before every call, by several at once where calls are made
// so, and its context is the call's.
type Token func(ctx context.Context) (string, error)

// Static is a token that stays as it is.
func Static(token string) Token {
	return func(context.Context) (string, error) { return token, nil }
}

// Open makes a connection to an address (host and port) that sends the token with every call, gives every unary call
// without a deadline one of 15 seconds, and repeats nothing.
//
// It speaks TLS, and plaintext only to this machine's own addresses; grpc.WithTransportCredentials among the options
// decides otherwise. It connects at the first call; the error is that of an address that cannot be read.
func Open(address string, token Token, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	manners := []grpc.DialOption{
		grpc.WithTransportCredentials(transport(address)),
		grpc.WithPerRPCCredentials(bearer{token}),
		grpc.WithChainUnaryInterceptor(withDeadline),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceivedBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime}),
		grpc.WithUserAgent("candor-go/" + Version),
		// The mesh retries, and only the mesh: two layers would multiply.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
	}
	return grpc.NewClient(address, append(manners, options...)...)
}

func transport(address string) credentials.TransportCredentials {
	if isLoopback(address) {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func withDeadline(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	if _, given := ctx.Deadline(); !given {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, Deadline)
		defer cancel()
	}
	return invoke(ctx, method, request, reply, conn, options...)
}

type bearer struct{ token Token }

func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.token(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity is false: Open decides what may be plaintext, and its caller may.
func (bearer) RequireTransportSecurity() bool { return false }
