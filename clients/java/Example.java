import static java.util.stream.Collectors.joining;

import candor.client.Candor;
import candor.client.Failure;
import candor.client.Watch;
import candor.generation.v1.GenerationServiceGrpc;
import candor.generation.v1.GenerationServiceOuterClass.CreateGenerationRequest;
import candor.generation.v1.GenerationServiceOuterClass.Generation;
import candor.generation.v1.GenerationServiceOuterClass.GenerationEvent;
import candor.generation.v1.GenerationServiceOuterClass.Result;
import candor.generation.v1.GenerationServiceOuterClass.Rows;
import candor.validation.v1.ValidationServiceOuterClass.ResultColumn;
import candor.validation.v1.ValidationServiceOuterClass.RowBatch;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks a question over gRPC and prints the answer: {@code Example.java "How many customers are there?" [DATA_SOURCE]}.
 *
 * <p>Takes the platform's CANDOR_ADDRESS and a CANDOR_TOKEN from the environment. The stream of events is left after
 * the first one and taken up again where it was, as a program does that was started anew.
 */
public final class Example {
  private static final String SAMPLE = "organizations/local/dataSources/sample";
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] arguments) {
    String address = Optional.ofNullable(System.getenv("CANDOR_ADDRESS")).orElse("localhost:8080");
    ManagedChannel channel = Candor.openChannel(address, System.getenv("CANDOR_TOKEN"));
    try {
      show(ask(channel, arguments[0], arguments.length > 1 ? arguments[1] : SAMPLE));
    } catch (StatusRuntimeException error) {
      throw new IllegalStateException(Failure.of(error).toString(), error);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Creates a generation and follows it to its last event: a result or an error. */
  private static List<GenerationEvent> ask(Channel channel, String question, String dataSource) {
    String parent = dataSource.split("/dataSources/")[0];
    var generation = Generation.newBuilder().setDataSource(dataSource).setQuestion(question);
    var request = CreateGenerationRequest.newBuilder().setParent(parent).setGeneration(generation).build();
    String name = GenerationServiceGrpc.newBlockingStub(channel).createGeneration(request).getGeneration().getName();
    List<GenerationEvent> events = new ArrayList<>();
    try (Watch watch = Candor.watch(channel, name)) {
      events.add(watch.next());
    }
    long cut = events.get(0).getSequence();
    OUT.printf("Cut after event %d.%n", cut);
    try (Watch watch = Candor.watch(channel, name, cut)) {
      watch.forEachRemaining(events::add);
    }
    return events;
  }

  /** Prints the SQL, the confidence and the rows. */
  private static void show(List<GenerationEvent> events) {
    GenerationEvent last = events.get(events.size() - 1);
    Result result = last.getResult();
    if (last.hasError()) {
      throw new IllegalStateException(last.getError().getMessage());
    } else if (result.hasAbstention()) {
      throw new IllegalStateException(result.getAbstention().getMessage());
    } else if (result.getOutcome() != Result.Outcome.OUTCOME_ANSWERED) {
      throw new IllegalStateException("The question has several readings: ask more precisely.");
    }
    OUT.printf("SQL: %s%nConfidence: %.0f%%%n", result.getSql(), 100 * result.getConfidence());
    events.stream().filter(GenerationEvent::hasRows).map(GenerationEvent::getRows).forEach(Example::show);
  }

  /** Prints a part of the rows, which come column by column. */
  private static void show(Rows part) {
    if (part.getColumnsCount() > 0) {
      OUT.println(part.getColumnsList().stream().map(ResultColumn::getName).collect(joining("\t")));
    }
    RowBatch batch = part.getBatch();
    for (int row = 0; row < batch.getRowCount(); row++) {
      int position = row;
      OUT.println(batch.getColumnsList().stream().map(column -> value(column, position)).collect(joining("\t")));
    }
  }

  private static String value(RowBatch.Values column, int row) {
    List<?> items =
        switch (column.getValuesCase()) {
          case BOOLS -> column.getBools().getItemsList();
          case INTEGERS -> column.getIntegers().getItemsList();
          case NUMBERS -> column.getNumbers().getItemsList();
          case TEXTS -> column.getTexts().getItemsList();
          case VALUES_NOT_SET -> List.of();
        };
    return column.getNullRowsList().contains(row) ? "NULL" : String.valueOf(items.get(row));
  }
}
