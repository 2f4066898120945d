package candor

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestAFailureSaysItsReasonAndWhenToComeAgain(t *testing.T) {
	said, err := status.New(codes.ResourceExhausted, "slow down").WithDetails(
		&errdetails.ErrorInfo{Reason: "RATE_LIMITED", Metadata: map[string]string{"limit": "3"}},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
	)
	if err != nil {
		t.Fatal(err)
	}
	delay := 1500 * time.Millisecond
	want := Failure{codes.ResourceExhausted, "slow down", "RATE_LIMITED", map[string]string{"limit": "3"}, &delay}
	if found := FailureOf(said.Err()); !reflect.DeepEqual(found, want) {
		t.Errorf("%+v", found)
	}
	if found := FailureOf(fmt.Errorf("asking: %w", said.Err())); found.Reason != want.Reason || found.Code != want.Code {
		t.Errorf("wrapped: %+v", found)
	}
}

func TestAFailureBeforeTheServerAnswersHasNoReason(t *testing.T) {
	for err, code := range map[error]codes.Code{
		status.Error(codes.Unavailable, "connection refused"): codes.Unavailable,
		context.DeadlineExceeded:                              codes.DeadlineExceeded,
		ErrIncomplete:                                         codes.Unknown,
	} {
		if found := FailureOf(err); found.Code != code || found.Reason != "" || found.RetryAfter != nil {
			t.Errorf("%v: %+v", err, found)
		}
	}
}
