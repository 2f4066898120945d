package candor.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import candor.generation.v1.GenerationServiceGrpc;
import candor.generation.v1.GenerationServiceGrpc.GenerationServiceBlockingStub;
import candor.generation.v1.GenerationServiceOuterClass.GetGenerationRequest;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a call takes along, and what a failed one says. */
@Timeout(20)
final class CandorTest {
  private Generations generations;

  @BeforeEach
  void open() throws Exception {
    generations = new Generations();
  }

  @AfterEach
  void shut() throws InterruptedException {
    generations.close();
  }

  private void get(Supplier<String> token, boolean plaintext, long deadlineS) {
    ManagedChannel channel = Candor.openChannel(generations.address(), token, plaintext);
    try {
      GenerationServiceBlockingStub stub = GenerationServiceGrpc.newBlockingStub(channel);
      stub.withDeadlineAfter(deadlineS, TimeUnit.SECONDS).getGeneration(GetGenerationRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:1,true",
    "127.0.0.2:1,true",
    "[::1]:1,true",
    "example.org:443,false",
    "127.example.org:443,false",
    "10.0.0.1:1,false"
  })
  void aTokenCrossesANetworkOnlyEncrypted(String address, boolean plaintext) {
    assertEquals(plaintext, Candor.isLoopback(address));
  }

  @Test
  void aPlaintextServerGetsNoTokenFromAClientThatSpeaksTls() {
    assertThrows(StatusRuntimeException.class, () -> get(() -> "token", false, 5));
    assertEquals(List.of(), generations.tokens);
  }

  @Test
  void aCallsOwnDeadlineStands() {
    get(() -> "token", true, 100);
    long remaining = generations.deadlines.get(0).orElseThrow().timeRemaining(TimeUnit.SECONDS);
    assertTrue(remaining > 80, () -> remaining + " s");
  }

  @Test
  void whatTheTokensSourceThrowsReachesTheCallerAndNothingIsCalled() {
    Supplier<String> none =
        () -> {
          throw new IllegalStateException("signed out");
        };
    assertThrows(IllegalStateException.class, () -> get(none, true, 5));
    assertEquals(List.of(), generations.tokens);
  }

  @Test
  void theVersionIsTheBuilds() {
    assertTrue(Candor.VERSION.matches("\\d+\\.\\d+\\.\\d+"), Candor.VERSION);
  }

  @Test
  void aFailureSaysItsReasonAndWhenToComeAgain() {
    var info = ErrorInfo.newBuilder().setReason("RATE_LIMITED").putMetadata("limit", "3").build();
    var delay = Duration.newBuilder().setSeconds(1).setNanos(500_000_000);
    var retry = RetryInfo.newBuilder().setRetryDelay(delay).build();
    Failure expected =
        new Failure(
            Status.Code.RESOURCE_EXHAUSTED,
            "slow down",
            "RATE_LIMITED",
            Map.of("limit", "3"),
            Optional.of(java.time.Duration.ofMillis(1500)));
    assertEquals(expected, Failure.of(error(Any.pack(info), Any.pack(retry))));
  }

  @Test
  void aFailureBeforeTheServerAnswersHasNoReason() {
    Failure said = Failure.of(Status.UNAVAILABLE.asRuntimeException());
    assertEquals(new Failure(Status.Code.UNAVAILABLE, "", "", Map.of(), Optional.empty()), said);
  }

  @Test
  void aDetailThatIsNotWhatItSaysIsNoFailureWithoutAReason() {
    Any lie = Any.pack(ErrorInfo.getDefaultInstance()).toBuilder().setValue(ByteString.copyFromUtf8("\n")).build();
    assertThrows(UncheckedIOException.class, () -> Failure.of(error(lie)));
  }

  private static StatusRuntimeException error(Any... details) {
    var status = com.google.rpc.Status.newBuilder().setCode(8).setMessage("slow down").addAllDetails(List.of(details));
    return StatusProto.toStatusRuntimeException(status.build());
  }
}
