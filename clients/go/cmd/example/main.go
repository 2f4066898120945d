// Asks Candor a question, watches what happens, loses the stream after its first event, goes on after it, and prints
// the SQL, the confidence and the rows. CANDOR_ADDRESS is where Candor is, localhost:8080 where it does not say:
//
//	CANDOR_TOKEN=… go run ./cmd/example "How many customers are there?" [DATA_SOURCE]
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/candor-data/candor/clients/go/candor"
	generationv1 "github.com/candor-data/candor/clients/go/candor/generation/v1"
	validationv1 "github.com/candor-data/candor/clients/go/candor/validation/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: example QUESTION [DATA_SOURCE]")
	}
	dataSource := "organizations/local/dataSources/sample"
	if len(os.Args) > 2 {
		dataSource = os.Args[2]
	}
	if err := run(context.Background(), os.Args[1], dataSource); err != nil {
		if failure := candor.FailureOf(err); failure.Reason != "" {
			log.Fatalf("%s: %s", failure.Reason, failure.Message)
		}
		log.Fatal(err)
	}
}

func run(ctx context.Context, question, dataSource string) error {
	conn, err := candor.Open(cmp.Or(os.Getenv("CANDOR_ADDRESS"), "localhost:8080"), candor.Static(os.Getenv("CANDOR_TOKEN")))
	if err != nil {
		return err
	}
	defer conn.Close()

	parent, _, _ := strings.Cut(dataSource, "/dataSources/")
	created, err := generationv1.NewGenerationServiceClient(conn).CreateGeneration(ctx, &generationv1.CreateGenerationRequest{
		Parent:     parent,
		Generation: &generationv1.Generation{DataSource: dataSource, Question: question},
	})
	if err != nil {
		return err
	}
	name := created.GetGeneration().GetName()

	first, err := firstEvent(ctx, conn, name)
	if err != nil {
		return err
	}
	fmt.Printf("Cut after event %d.\n", first)
	var parts []*generationv1.Rows
	for event, err := range candor.Watch(ctx, conn, name, first) {
		switch {
		case err != nil:
			return err
		case event.GetError() != nil:
			return status.FromProto(event.GetError()).Err()
		case event.GetRows() != nil:
			parts = append(parts, event.GetRows())
		case event.GetResult() != nil:
			return show(event.GetResult(), parts)
		}
	}
	return nil
}

// firstEvent leaves the stream after one event, as a broken network would.
func firstEvent(ctx context.Context, conn *grpc.ClientConn, name string) (int64, error) {
	for event, err := range candor.Watch(ctx, conn, name, 0) {
		return event.GetSequence(), err
	}
	return 0, nil
}

func show(result *generationv1.Result, parts []*generationv1.Rows) error {
	switch result.GetOutcome() {
	case generationv1.Result_OUTCOME_ABSTAINED:
		return errors.New(result.GetAbstention().GetMessage())
	case generationv1.Result_OUTCOME_ASKED_BACK:
		return errors.New("the question has several readings: ask more precisely")
	}
	fmt.Printf("SQL: %s\nConfidence: %.0f%%\n", result.GetSql(), 100*result.GetConfidence())
	for _, part := range parts {
		var names []string
		for _, column := range part.GetColumns() {
			names = append(names, column.GetName())
		}
		if names != nil {
			fmt.Println(strings.Join(names, "\t"))
		}
		for row := range int(part.GetBatch().GetRowCount()) {
			var cells []string
			for _, column := range part.GetBatch().GetColumns() {
				cells = append(cells, cell(column, row))
			}
			fmt.Println(strings.Join(cells, "\t"))
		}
	}
	return nil
}

// cell is one value of a column: values come column by column.
func cell(column *validationv1.RowBatch_Values, row int) string {
	if slices.Contains(column.GetNullRows(), uint32(row)) {
		return "NULL"
	}
	switch values := column.GetValues().(type) {
	case *validationv1.RowBatch_Values_Bools:
		return fmt.Sprint(values.Bools.GetItems()[row])
	case *validationv1.RowBatch_Values_Integers:
		return fmt.Sprint(values.Integers.GetItems()[row])
	case *validationv1.RowBatch_Values_Numbers:
		return fmt.Sprint(values.Numbers.GetItems()[row])
	case *validationv1.RowBatch_Values_Texts:
		return values.Texts.GetItems()[row]
	}
	return ""
}
