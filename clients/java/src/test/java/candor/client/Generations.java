package candor.client;

import candor.generation.v1.GenerationServiceGrpc.GenerationServiceImplBase;
import candor.generation.v1.GenerationServiceOuterClass.GenerationEvent;
import candor.generation.v1.GenerationServiceOuterClass.GetGenerationRequest;
import candor.generation.v1.GenerationServiceOuterClass.GetGenerationResponse;
import candor.generation.v1.GenerationServiceOuterClass.Result;
import candor.generation.v1.GenerationServiceOuterClass.Rows;
import candor.generation.v1.GenerationServiceOuterClass.WatchGenerationRequest;
import candor.generation.v1.GenerationServiceOuterClass.WatchGenerationResponse;
import candor.progress.v1.Progress.Heartbeat;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * A real server whose generations have five events, of which one stream gives at most two and the one before them
 * again; then comes a heartbeat, and it ends as {@link #ending} says.
 */
final class Generations extends GenerationServiceImplBase implements ServerInterceptor, AutoCloseable {
  /** How every stream ends; held open where null. */
  Status ending = Status.UNAVAILABLE;

  Metadata trailers = new Metadata();

  /** Whether streams give nothing but a heartbeat. */
  boolean silent;

  final List<Long> after = new CopyOnWriteArrayList<>();
  final List<String> tokens = new CopyOnWriteArrayList<>();
  final List<Optional<Deadline>> deadlines = new CopyOnWriteArrayList<>();
  final CountDownLatch left = new CountDownLatch(1);
  private final Server server;

  Generations() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(this)
            .intercept(this)
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    tokens.add(headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER)));
    deadlines.add(Optional.ofNullable(Context.current().getDeadline()));
    return next.startCall(call, headers);
  }

  @Override
  public void getGeneration(GetGenerationRequest request, StreamObserver<GetGenerationResponse> observer) {
    observer.onNext(GetGenerationResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void watchGeneration(WatchGenerationRequest request, StreamObserver<WatchGenerationResponse> observer) {
    ((ServerCallStreamObserver<?>) observer).setOnCancelHandler(left::countDown);
    long last = request.getAfterSequence();
    after.add(last);
    for (long sequence = Math.max(1, last); !silent && sequence <= Math.min(last + 2, 5); sequence++) {
      observer.onNext(WatchGenerationResponse.newBuilder().addEvents(event(sequence)).build());
    }
    var heartbeat = GenerationEvent.newBuilder().setSequence(5).setHeartbeat(Heartbeat.getDefaultInstance());
    observer.onNext(WatchGenerationResponse.newBuilder().addEvents(heartbeat).build());
    if (ending == null) {
      return;
    }
    if (ending.isOk()) {
      observer.onCompleted();
    } else {
      observer.onError(ending.asRuntimeException(trailers));
    }
  }

  private static GenerationEvent event(long sequence) {
    GenerationEvent.Builder event = GenerationEvent.newBuilder().setSequence(sequence);
    if (sequence == 5) {
      return event.setResult(Result.getDefaultInstance()).build();
    }
    return event.setRows(Rows.getDefaultInstance()).build();
  }
}
