package candor.client;

import candor.generation.v1.GenerationServiceGrpc;
import candor.generation.v1.GenerationServiceGrpc.GenerationServiceBlockingStub;
import candor.generation.v1.GenerationServiceOuterClass.GenerationEvent;
import candor.generation.v1.GenerationServiceOuterClass.GenerationEvent.EventCase;
import candor.generation.v1.GenerationServiceOuterClass.WatchGenerationRequest;
import candor.generation.v1.GenerationServiceOuterClass.WatchGenerationResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A generation's events, each once and in order, to its result or error; heartbeats are left out.
 *
 * <p>A stream that breaks or ends early goes on after the last event, as often as that brings something
 * new. One thread reads; {@link #close} may come from any, and ends the stream at the server too.
 */
public final class Watch implements Iterator<GenerationEvent>, AutoCloseable {
  /** The pauses before each further try that brings nothing new; after the last one its failure is thrown. */
  static final List<Duration> BACKOFF =
      List.of(250, 500, 1000, 2000, 4000, 8000).stream().map(Duration::ofMillis).toList();

  private static final Set<Status.Code> RESUMABLE =
      EnumSet.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);
  private static final Set<EventCase> LAST = EnumSet.of(EventCase.RESULT, EventCase.ERROR);

  private final GenerationServiceBlockingStub stub;
  private final String name;
  private final List<Duration> backoff;
  private final CancellableContext context = Context.current().withCancellation();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Queue<GenerationEvent> ready = new ArrayDeque<>();
  private Iterator<WatchGenerationResponse> responses;
  private long sequence;
  private int tries;
  private boolean ended;

  Watch(Channel channel, String name, long afterSequence, List<Duration> backoff) {
    this.stub = GenerationServiceGrpc.newBlockingStub(channel);
    this.name = name;
    this.sequence = afterSequence;
    this.backoff = backoff;
  }

  /**
   * Waits for the next event.
   *
   * @return false after the result or the error, or once closed
   * @throws StatusRuntimeException the call was refused, or it kept failing; {@link Failure} reads it
   * @throws Incomplete the stream kept ending without a result or an error
   */
  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && !ended && !isClosed()) {
      try {
        receive();
      } catch (StatusRuntimeException | Incomplete problem) {
        if (!isClosed()) {
          pauseOrThrow(problem);
        }
      }
    }
    return !ready.isEmpty() && !isClosed();
  }

  @Override
  public GenerationEvent next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }

  @Override
  public void close() {
    closed.countDown();
    context.cancel(null);
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void receive() {
    if (responses == null) {
      var request = WatchGenerationRequest.newBuilder().setName(name).setAfterSequence(sequence).build();
      context.run(() -> responses = stub.watchGeneration(request));
    }
    if (!responses.hasNext()) {
      throw new Incomplete(name, sequence);
    }
    responses.next().getEventsList().forEach(this::keep);
  }

  private void keep(GenerationEvent event) {
    if (ended || event.getEventCase() == EventCase.HEARTBEAT || event.getSequence() <= sequence) {
      return;
    }
    sequence = event.getSequence();
    tries = 0;
    ready.add(event);
    if (LAST.contains(event.getEventCase())) {
      ended = true;
      context.cancel(null);
    }
  }

  private void pauseOrThrow(RuntimeException problem) {
    if (!mayResume(problem) || context.isCancelled() || tries == backoff.size()) {
      close();
      throw problem;
    }
    responses = null;
    try {
      closed.await(backoff.get(tries++).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      close();
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("interrupted").withCause(interrupted).asRuntimeException();
    }
  }

  private static boolean mayResume(RuntimeException problem) {
    if (problem instanceof StatusRuntimeException error) {
      Failure failure = Failure.of(error);
      // A service says its reason. Without one the stream was reset: so the edge hands on that a service died.
      boolean reset = failure.code() == Status.Code.INTERNAL && failure.reason().isEmpty();
      return reset || RESUMABLE.contains(failure.code());
    }
    return true;
  }
}
