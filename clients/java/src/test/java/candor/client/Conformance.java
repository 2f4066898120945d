package candor.client;

import candor.generation.v1.GenerationServiceGrpc;
import candor.generation.v1.GenerationServiceGrpc.GenerationServiceBlockingStub;
import candor.generation.v1.GenerationServiceOuterClass.Generation;
import candor.generation.v1.GenerationServiceOuterClass.GenerationEvent;
import candor.generation.v1.GenerationServiceOuterClass.GetGenerationRequest;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What every client promises, done once: runs the cases named by its arguments and prints a line of JSON for each. */
public final class Conformance {
  private static final Gson JSON = new GsonBuilder().serializeNulls().create();
  private static final String PARENT = "organizations/local/generations/";

  private final String address = System.getenv("CANDOR_ADDRESS");
  private final String token = System.getenv("CANDOR_TOKEN");
  private final ManagedChannel channel = Candor.openChannel(address, token);
  private final GenerationServiceBlockingStub stub = GenerationServiceGrpc.newBlockingStub(channel);

  private Conformance() {}

  public static void main(String[] cases) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Conformance conformance = new Conformance();
    try {
      for (String name : cases) {
        Map<String, Object> line = new LinkedHashMap<>(Map.of("case", name));
        line.putAll(conformance.run(name));
        out.println(JSON.toJson(line));
      }
    } finally {
      conformance.channel.shutdownNow();
    }
  }

  private Map<String, ?> run(String name) {
    return switch (name) {
      case "unary" -> {
        Generation generation = get(stub, "unary");
        yield Map.of("name", generation.getName(), "question", generation.getQuestion());
      }
      case "stream", "resume" -> follow(name);
      case "error_details" -> fail(stub, "missing", "reason", "message", "metadata", "retry_after_s");
      case "no_retry" -> fail(stub, "unavailable", "reason", "retry_after_s");
      case "deadline" -> fail(stub.withDeadlineAfter(500, TimeUnit.MILLISECONDS), "slow");
      case "default_deadline" -> Map.of("question", get(stub, "deadline").getQuestion());
      case "cancel" -> leave();
      case "metadata" -> Map.of("question", get(stub, "metadata").getQuestion());
      case "large" -> large();
      case "token_refresh" -> refresh();
      default -> throw new IllegalArgumentException("no case " + name);
    };
  }

  private static Generation get(GenerationServiceBlockingStub stub, String name) {
    return stub.getGeneration(GetGenerationRequest.newBuilder().setName(PARENT + name).build()).getGeneration();
  }

  private Map<String, ?> follow(String name) {
    List<Long> sequences = new ArrayList<>();
    String kind = "";
    try (Watch events = Candor.watch(channel, PARENT + name)) {
      while (events.hasNext()) {
        GenerationEvent event = events.next();
        sequences.add(event.getSequence());
        kind = event.getEventCase().name().toLowerCase(Locale.ROOT);
      }
    }
    return Map.of("sequences", sequences, "kind", kind);
  }

  private static Map<String, ?> fail(GenerationServiceBlockingStub stub, String name, String... wanted) {
    try {
      get(stub, name);
    } catch (StatusRuntimeException error) {
      Failure failure = Failure.of(error);
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("code", failure.code().name());
      all.put("reason", failure.reason());
      all.put("message", failure.message());
      all.put("metadata", failure.metadata());
      all.put("retry_after_s", failure.retryAfter().map(Conformance::seconds).orElse(null));
      all.keySet().removeIf(key -> !key.equals("code") && !List.of(wanted).contains(key));
      return all;
    }
    throw new IllegalStateException(name + " did not fail");
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private Map<String, ?> leave() {
    try (Watch events = Candor.watch(channel, PARENT + "endless")) {
      events.next();
    }
    return Map.of("received", 1);
  }

  private Map<String, ?> large() {
    String question = get(stub, "large").getQuestion();
    return Map.of("characters", question.codePointCount(0, question.length()), "sha256", sha256(question));
  }

  private static String sha256(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private Map<String, ?> refresh() {
    AtomicInteger asked = new AtomicInteger();
    ManagedChannel refreshed =
        Candor.openChannel(
            address,
            () -> {
              asked.incrementAndGet();
              return token;
            });
    try {
      GenerationServiceBlockingStub refreshing = GenerationServiceGrpc.newBlockingStub(refreshed);
      get(refreshing, "metadata");
      get(refreshing, "metadata");
    } finally {
      refreshed.shutdownNow();
    }
    return Map.of("asked", asked.get());
  }
}
