package candor.client;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A client's manners: where to call, with which token and deadline, and how a broken watch goes on. */
public final class Candor {
  /** The package's version. */
  public static final String VERSION = version();

  private static final int LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024;

  private Candor() {}

  /** As {@link #openChannel(String, Supplier)}, with a token that stays the same. */
  public static ManagedChannel openChannel(String address, String token) {
    return openChannel(address, () -> token);
  }

  /** As {@link #openChannel(String, Supplier, boolean)}, in plaintext only to this machine's own addresses. */
  public static ManagedChannel openChannel(String address, Supplier<String> token) {
    return openChannel(address, token, isLoopback(address));
  }

  /**
   * A channel that sends the token with every call and gives every unary call without a deadline one
   * of 15 seconds. Whoever opens it shuts it down.
   *
   * @param address host and port
   * @param token gives an access token that is good now: it is asked before every call, on the
   *     caller's thread, and what it throws reaches the caller
   * @param plaintext without TLS
   */
  public static ManagedChannel openChannel(String address, Supplier<String> token, boolean plaintext) {
    ChannelCredentials credentials =
        plaintext ? InsecureChannelCredentials.create() : TlsChannelCredentials.create();
    return Grpc.newChannelBuilder(address, credentials)
        .userAgent("candor-java/" + VERSION)
        .intercept(new Manners(token))
        .keepAliveTime(60, TimeUnit.SECONDS)
        .maxInboundMessageSize(LARGEST_MESSAGE_BYTES)
        // The mesh retries, and only the mesh: two layers would multiply.
        .disableRetry()
        .disableServiceConfigLookUp()
        .build();
  }

  /** A generation's events from the first; see {@link Watch}. */
  public static Watch watch(Channel channel, String name) {
    return watch(channel, name, 0);
  }

  /** A generation's events after a sequence; see {@link Watch}. */
  public static Watch watch(Channel channel, String name, long afterSequence) {
    return new Watch(channel, name, afterSequence, Watch.BACKOFF);
  }

  static boolean isLoopback(String address) {
    String host = HostAndPort.fromString(address).getHost();
    return host.equals("localhost")
        || InetAddresses.isInetAddress(host) && InetAddresses.forString(host).isLoopbackAddress();
  }

  private static String version() {
    try (InputStream file = Candor.class.getResourceAsStream("client.properties")) {
      Properties properties = new Properties();
      properties.load(file);
      return properties.getProperty("version");
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
