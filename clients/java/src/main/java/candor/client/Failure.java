package candor.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a failed call says, for a program to decide by.
 *
 * @param code gRPC's code
 * @param message a sentence for people; empty where there is none
 * @param reason Candor's stable reason; empty where the call failed before a server answered
 * @param metadata what the reason is about
 * @param retryAfter when to come again, where the server said so
 */
public record Failure(
    Status.Code code, String message, String reason, Map<String, String> metadata, Optional<Duration> retryAfter) {

  private static final Metadata.Key<com.google.rpc.Status> DETAILS =
      Metadata.Key.of(
          "grpc-status-details-bin", ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

  /**
   * Reads google.rpc.ErrorInfo and google.rpc.RetryInfo out of a failed call.
   *
   * @throws UncheckedIOException a detail is not what its type says
   */
  public static Failure of(StatusRuntimeException error) {
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    Optional<Duration> retryAfter = Optional.empty();
    Metadata trailers = Objects.requireNonNullElseGet(error.getTrailers(), Metadata::new);
    com.google.rpc.Status details = trailers.get(DETAILS);
    if (details != null) {
      for (Any detail : details.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = unpack(detail, ErrorInfo.class);
        } else if (detail.is(RetryInfo.class)) {
          var delay = unpack(detail, RetryInfo.class).getRetryDelay();
          retryAfter = Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
        }
      }
    }
    Status status = error.getStatus();
    String message = Objects.requireNonNullElse(status.getDescription(), "");
    return new Failure(status.getCode(), message, info.getReason(), info.getMetadataMap(), retryAfter);
  }

  private static <T extends com.google.protobuf.Message> T unpack(Any detail, Class<T> type) {
    try {
      return detail.unpack(type);
    } catch (InvalidProtocolBufferException error) {
      throw new UncheckedIOException(error);
    }
  }
}
