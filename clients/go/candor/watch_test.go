package candor

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	generationv1 "github.com/candor-data/candor/clients/go/candor/generation/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// generations has five events, of which one stream gives at most two; then it ends as told.
type generations struct {
	generationv1.UnimplementedGenerationServiceServer
	end    error
	silent bool
	hold   bool
	left   chan struct{}
	mutex  sync.Mutex
	asked  []int64
}

func (g *generations) WatchGeneration(
	request *generationv1.WatchGenerationRequest, stream grpc.ServerStreamingServer[generationv1.WatchGenerationResponse],
) error {
	after := request.GetAfterSequence()
	g.mutex.Lock()
	g.asked = append(g.asked, after)
	g.mutex.Unlock()
	for sequence := after; !g.silent && sequence <= min(after+2, 5); sequence++ {
		event := &generationv1.GenerationEvent{Sequence: sequence}
		if sequence == 5 {
			event.Event = &generationv1.GenerationEvent_Result{Result: &generationv1.Result{}}
		}
		response := &generationv1.WatchGenerationResponse{Events: []*generationv1.GenerationEvent{event}}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
	if g.hold {
		<-stream.Context().Done()
		close(g.left)
	}
	return g.end
}

func (g *generations) after() []int64 {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return slices.Clone(g.asked)
}

// serve starts a server and opens a connection to it; both end with the test.
func serve(t *testing.T, token Token) (*generations, *grpc.ClientConn) {
	t.Helper()
	kept := backoff
	backoff = []time.Duration{time.Millisecond}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	held := &generations{end: status.Error(codes.Unavailable, "cut"), left: make(chan struct{})}
	server := grpc.NewServer()
	generationv1.RegisterGenerationServiceServer(server, held)
	go func() { _ = server.Serve(listener) }()
	conn, err := Open(listener.Addr().String(), token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		backoff = kept
	})
	return held, conn
}

func collect(ctx context.Context, conn *grpc.ClientConn) (sequences []int64, err error) {
	for event, err := range Watch(ctx, conn, "organizations/local/generations/one", 0) {
		if err != nil {
			return sequences, err
		}
		sequences = append(sequences, event.GetSequence())
	}
	return sequences, nil
}

func TestACutStreamGoesOnAfterItsLastEvent(t *testing.T) {
	for _, end := range []error{
		nil,
		status.Error(codes.Unavailable, "cut"),
		status.Error(codes.DeadlineExceeded, "cut"),
		status.Error(codes.Internal, "stream terminated by RST_STREAM"),
	} {
		server, conn := serve(t, Static("word"))
		server.end = end
		sequences, err := collect(t.Context(), conn)
		if err != nil || !slices.Equal(sequences, []int64{1, 2, 3, 4, 5}) {
			t.Errorf("%v: %v, %v", end, sequences, err)
		}
		if after := server.after(); !slices.Equal(after, []int64{0, 2, 4}) {
			t.Errorf("%v: asked after %v", end, after)
		}
	}
}

func TestAWatchThatBringsNothingNewGivesUp(t *testing.T) {
	server, conn := serve(t, Static("word"))
	server.silent = true
	_, err := collect(t.Context(), conn)
	if status.Code(err) != codes.Unavailable || len(server.after()) != 2 {
		t.Errorf("%v after %d tries", err, len(server.after()))
	}
	server.end = nil
	if _, err := collect(t.Context(), conn); !errors.Is(err, ErrIncomplete) {
		t.Errorf("%v where the stream always ends early", err)
	}
}

func TestARefusedWatchIsNotTriedAgain(t *testing.T) {
	said, err := status.New(codes.Internal, "sorry").WithDetails(&errdetails.ErrorInfo{Reason: "INTERNAL"})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []error{status.Error(codes.PermissionDenied, "no"), said.Err()} {
		server, conn := serve(t, Static("word"))
		server.end = end
		if _, err := collect(t.Context(), conn); status.Code(err) != status.Code(end) || len(server.after()) != 1 {
			t.Errorf("%v after %d tries", err, len(server.after()))
		}
	}
}

func TestAWatchThatIsLeftEndsAtTheServer(t *testing.T) {
	server, conn := serve(t, Static("word"))
	server.hold = true
	for _, err := range Watch(t.Context(), conn, "organizations/local/generations/one", 0) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	select {
	case <-server.left:
	case <-time.After(10 * time.Second):
		t.Error("the stream was held")
	}
}

func TestAWatchEndsWithItsContextAlsoWhileItWaits(t *testing.T) {
	server, conn := serve(t, Static("word"))
	server.silent = true
	backoff = []time.Duration{10 * time.Second}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := collect(ctx, conn)
	if waited := time.Since(begun); waited > 5*time.Second {
		t.Errorf("it waited for %v", waited)
	}
	if status.Code(err) != codes.DeadlineExceeded || len(server.after()) != 1 {
		t.Errorf("%v after %d tries", err, len(server.after()))
	}
}
