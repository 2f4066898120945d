// The conformance program of the Go client: tries the cases that it is told, one line of JSON for each.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"
	"unicode/utf8"

	"github.com/candor-data/candor/clients/go/candor"
	generationv1 "github.com/candor-data/candor/clients/go/candor/generation/v1"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
)

const parent = "organizations/local/generations/"

type fields map[string]any

type try func(ctx context.Context, conn *grpc.ClientConn) (fields, error)

var cases = map[string]try{
	"unary":            unary,
	"stream":           watched("stream"),
	"resume":           watched("resume"),
	"error_details":    refused("missing", "code", "reason", "message", "metadata", "retry_after_s"),
	"no_retry":         refused("unavailable", "code", "reason", "retry_after_s"),
	"deadline":         within(500*time.Millisecond, refused("slow", "code")),
	"default_deadline": asked("deadline"),
	"cancel":           cancel,
	"metadata":         asked("metadata"),
	"large":            large,
	"token_refresh":    tokenRefresh,
}

func main() {
	conn, err := candor.Open(os.Getenv("CANDOR_ADDRESS"), candor.Static(os.Getenv("CANDOR_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range os.Args[1:] {
		attempt, known := cases[name]
		if !known {
			log.Fatalf("there is no case %q", name)
		}
		found, err := attempt(context.Background(), conn)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		found["case"] = name
		if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
			log.Fatal(err)
		}
	}
}

func get(ctx context.Context, conn *grpc.ClientConn, name string) (*generationv1.Generation, error) {
	request := &generationv1.GetGenerationRequest{Name: parent + name}
	response, err := generationv1.NewGenerationServiceClient(conn).GetGeneration(ctx, request)
	return response.GetGeneration(), err
}

func unary(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
	found, err := get(ctx, conn, "unary")
	return fields{"name": found.GetName(), "question": found.GetQuestion()}, err
}

func asked(name string) try {
	return func(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
		found, err := get(ctx, conn, name)
		return fields{"question": found.GetQuestion()}, err
	}
}

func large(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
	found, err := get(ctx, conn, "large")
	question := found.GetQuestion()
	sum := sha256.Sum256([]byte(question))
	return fields{"characters": utf8.RuneCountInString(question), "sha256": hex.EncodeToString(sum[:])}, err
}

func watched(name string) try {
	return func(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
		var sequences []int64
		var kind string
		for event, err := range candor.Watch(ctx, conn, parent+name, 0) {
			if err != nil {
				return nil, err
			}
			sequences = append(sequences, event.GetSequence())
			message := event.ProtoReflect()
			kind = string(message.WhichOneof(message.Descriptor().Oneofs().ByName("event")).Name())
		}
		return fields{"sequences": sequences, "kind": kind}, nil
	}
}

func cancel(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
	received := 0
	for _, err := range candor.Watch(ctx, conn, parent+"endless", 0) {
		if err != nil {
			return nil, err
		}
		received++
		break
	}
	return fields{"received": received}, nil
}

func refused(name string, keys ...string) try {
	return func(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
		_, err := get(ctx, conn, name)
		if err == nil {
			return nil, fmt.Errorf("%s was not refused", name)
		}
		failure := candor.FailureOf(err)
		said := fields{
			"code":          code.Code(failure.Code).String(),
			"reason":        failure.Reason,
			"message":       failure.Message,
			"metadata":      failure.Metadata,
			"retry_after_s": nil,
		}
		if failure.RetryAfter != nil {
			said["retry_after_s"] = failure.RetryAfter.Seconds()
		}
		found := fields{}
		for _, key := range keys {
			found[key] = said[key]
		}
		return found, nil
	}
}

func within(deadline time.Duration, attempt try) try {
	return func(ctx context.Context, conn *grpc.ClientConn) (fields, error) {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		return attempt(ctx, conn)
	}
}

func tokenRefresh(ctx context.Context, _ *grpc.ClientConn) (fields, error) {
	count := 0
	token := func(context.Context) (string, error) {
		count++
		return os.Getenv("CANDOR_TOKEN"), nil
	}
	conn, err := candor.Open(os.Getenv("CANDOR_ADDRESS"), token)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	for range 2 {
		if _, err := get(ctx, conn, "metadata"); err != nil {
			return nil, err
		}
	}
	return fields{"asked": count}, nil
}
