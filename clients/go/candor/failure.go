package candor

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is what a failed call says, for a program to decide by.
type Failure struct {
	Code    codes.Code
	Message string
	// Reason is a name of candor.errors.v1.ErrorReason without its prefix; empty where no service answered.
	Reason   string
	Metadata map[string]string
	// RetryAfter is when to come again; nil where that was not said.
	RetryAfter *time.Duration
}

// FailureOf reads google.rpc.ErrorInfo and google.rpc.RetryInfo out of a call's error.
func FailureOf(err error) Failure {
	said, ok := status.FromError(err)
	if !ok {
		said = status.FromContextError(err)
	}
	failure := Failure{Code: said.Code(), Message: said.Message()}
	for _, detail := range said.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			failure.Reason, failure.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.RetryInfo:
			delay := detail.GetRetryDelay().AsDuration()
			failure.RetryAfter = &delay
		}
	}
	return failure
}
