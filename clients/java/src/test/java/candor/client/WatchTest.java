package candor.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a watch goes on and ends, against a real server. */
@Timeout(20)
final class WatchTest {
  private static final List<Duration> SHORT = List.of(Duration.ofMillis(1), Duration.ofMillis(1));
  private static final List<Duration> ENDLESS = List.of(Duration.ofDays(1));

  private Generations generations;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws IOException {
    generations = new Generations();
    channel = Candor.openChannel(generations.address(), "token");
  }

  @AfterEach
  void shut() throws InterruptedException {
    channel.shutdownNow();
    generations.close();
  }

  private Watch watch(List<Duration> backoff) {
    return new Watch(channel, "organizations/local/generations/one", 0, backoff);
  }

  private Status.Code failure(List<Duration> backoff) {
    return assertThrows(StatusRuntimeException.class, watch(backoff)::next).getStatus().getCode();
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "OK"})
  void aCutStreamGoesOnAfterItsLastEventAndGivesNoEventTwice(Status.Code broken) {
    generations.ending = broken.toStatus();
    List<Long> sequences = new ArrayList<>();
    try (Watch events = watch(SHORT)) {
      events.forEachRemaining(event -> sequences.add(event.getSequence()));
      assertThrows(NoSuchElementException.class, events::next);
    }
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), sequences);
    assertEquals(List.of(0L, 2L, 4L), generations.after);
  }

  @Test
  void aWatchThatBringsNothingNewGivesUp() {
    generations.silent = true;
    assertEquals(Status.Code.UNAVAILABLE, failure(SHORT));
    assertEquals(List.of(0L, 0L, 0L), generations.after);
  }

  @Test
  void aStreamThatAlwaysEndsEarlyIsCalledIncomplete() {
    generations.silent = true;
    generations.ending = Status.OK;
    Watch events = watch(SHORT);
    assertThrows(Incomplete.class, events::hasNext);
    assertFalse(events.hasNext());
  }

  @Test
  void aRefusedWatchIsNotTriedAgain() {
    generations.silent = true;
    generations.ending = Status.PERMISSION_DENIED;
    assertEquals(Status.Code.PERMISSION_DENIED, failure(SHORT));
    assertEquals(List.of(0L), generations.after);
  }

  @Test
  void aServicesOwnErrorIsNotTakenForACutStream() {
    var info = ErrorInfo.newBuilder().setReason("INTERNAL").build();
    var said = com.google.rpc.Status.newBuilder().setCode(13).addDetails(Any.pack(info)).build();
    generations.ending = Status.INTERNAL;
    generations.trailers = StatusProto.toStatusRuntimeException(said).getTrailers();
    generations.silent = true;
    assertEquals(Status.Code.INTERNAL, failure(SHORT));
    assertEquals(List.of(0L), generations.after);
  }

  @Test
  void aWatchHasNoDeadlineOfItsOwn() {
    generations.ending = null;
    try (Watch events = watch(SHORT)) {
      events.next();
    }
    assertTrue(generations.deadlines.get(0).isEmpty());
  }

  @Test
  void aWatchEndsWithTheDeadlineOfWhatItIsPartOf() throws Exception {
    generations.silent = true;
    generations.ending = null;
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (var context = Context.current().withDeadlineAfter(200, TimeUnit.MILLISECONDS, clock)) {
      assertEquals(Status.Code.DEADLINE_EXCEEDED, context.call(() -> failure(ENDLESS)));
    } finally {
      clock.shutdownNow();
    }
    assertEquals(List.of(0L), generations.after);
  }

  @Test
  void closingEndsTheStreamAtTheServerAndFreesWhoeverReads() throws Exception {
    generations.ending = null;
    Watch events = watch(SHORT);
    assertEquals(1, events.next().getSequence());
    assertEquals(2, events.next().getSequence());
    CompletableFuture<Boolean> more = CompletableFuture.supplyAsync(events::hasNext);
    events.close();
    assertFalse(more.get());
    assertTrue(generations.left.await(10, TimeUnit.SECONDS));
  }

  @Test
  void closingEndsAPauseBetweenTries() throws Exception {
    generations.silent = true;
    Watch events = watch(ENDLESS);
    FutureTask<Boolean> more = new FutureTask<>(events::hasNext);
    pausing(more);
    events.close();
    assertFalse(more.get());
  }

  @Test
  void anInterruptEndsAPauseBetweenTries() throws Exception {
    generations.silent = true;
    FutureTask<Status.Code> failure = new FutureTask<>(() -> failure(ENDLESS));
    pausing(failure).interrupt();
    assertEquals(Status.Code.CANCELLED, failure.get());
  }

  /** Runs a reader on a thread of its own until it waits for a time: for an answer it waits without one. */
  private static Thread pausing(FutureTask<?> reader) {
    Thread thread = new Thread(reader);
    thread.start();
    while (thread.isAlive() && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    return thread;
  }
}
