package candor

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

func TestATokenCrossesANetworkOnlyEncrypted(t *testing.T) {
	for address, protocol := range map[string]string{
		"localhost:1":        "insecure",
		"127.0.0.2:1":        "insecure",
		"[::1]:1":            "insecure",
		"example.org:443":    "tls",
		"localhost.org:1":    "tls",
		"10.0.0.1:1":         "tls",
		"dns:///localhost:1": "tls",
		"unreadable":         "tls",
	} {
		if found := transport(address).Info().SecurityProtocol; found != protocol {
			t.Errorf("%s: %s, want %s", address, found, protocol)
		}
	}
}

func TestAUnaryCallWithoutADeadlineGetsOneAndAGivenOneStands(t *testing.T) {
	remaining := func(ctx context.Context) (left time.Duration) {
		_ = withDeadline(ctx, "", nil, nil, nil,
			func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return nil
			})
		return left
	}
	if left := remaining(t.Context()); left <= 10*time.Second || left > Deadline {
		t.Errorf("%v without a deadline", left)
	}
	own, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if left := remaining(own); left < 59*time.Minute {
		t.Errorf("%v with a deadline of an hour", left)
	}
}

func TestACallWithoutATokenIsNotMade(t *testing.T) {
	server, conn := serve(t, func(context.Context) (string, error) { return "", errors.New("signed out") })
	_, err := collect(t.Context(), conn)
	if failure := FailureOf(err); failure.Code != codes.Unauthenticated || len(server.after()) != 0 {
		t.Errorf("%v after %d calls", failure, len(server.after()))
	}
}
