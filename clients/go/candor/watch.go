package candor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	generationv1 "github.com/candor-data/candor/clients/go/candor/generation/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrIncomplete says that a generation's stream kept ending without a result or an error.
var ErrIncomplete = errors.New("neither a result nor an error")

// What is waited before each further try of a watch that brings nothing new; after the last one its error is given.
var backoff = []time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
}

// Watch gives a generation's events after a sequence, each once and in order, to its result or error; heartbeats are
// left out.
//
// A stream that breaks or ends early goes on after the last event, as often as that brings something new. Leaving the
// loop or ending the context ends the stream at the server too. An error comes last, with no event: the call was
// refused, it kept failing, it kept ending early (ErrIncomplete), or the context ended; FailureOf reads it.
func Watch(
	ctx context.Context, conn grpc.ClientConnInterface, name string, after int64,
) iter.Seq2[*generationv1.GenerationEvent, error] {
	client := generationv1.NewGenerationServiceClient(conn)
	return func(yield func(*generationv1.GenerationEvent, error) bool) {
		last, tries := after, 0
		for {
			known := last
			done, err := follow(ctx, client, name, &last, yield)
			if done {
				return
			}
			if last > known {
				tries = 0
			}
			if tries == len(backoff) || !mayResume(ctx, err) {
				yield(nil, err)
				return
			}
			if err := wait(ctx, backoff[tries]); err != nil {
				yield(nil, err)
				return
			}
			tries++
		}
	}
}

// follow yields the events of one stream. It is done when the watcher left or the last event came.
func follow(
	ctx context.Context, client generationv1.GenerationServiceClient, name string, last *int64,
	yield func(*generationv1.GenerationEvent, error) bool,
) (done bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &generationv1.WatchGenerationRequest{Name: name, AfterSequence: *last}
	stream, err := client.WatchGeneration(ctx, request)
	if err != nil {
		return false, err
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return false, fmt.Errorf("%s ended after event %d with %w", name, *last, ErrIncomplete)
		}
		if err != nil {
			return false, err
		}
		for _, event := range response.GetEvents() {
			if event.GetHeartbeat() != nil || event.GetSequence() <= *last {
				continue
			}
			*last = event.GetSequence()
			if !yield(event, nil) || event.GetResult() != nil || event.GetError() != nil {
				return true, nil
			}
		}
	}
}

func mayResume(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	switch failure := FailureOf(err); failure.Code {
	case codes.Unavailable, codes.DeadlineExceeded:
		return true
	case codes.Internal:
		// A service says its reason. Without one the stream was reset: so the edge hands on that a service died.
		return failure.Reason == ""
	}
	return errors.Is(err, ErrIncomplete)
}

func wait(ctx context.Context, delay time.Duration) error {
	select {
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	case <-time.After(delay):
		return nil
	}
}
