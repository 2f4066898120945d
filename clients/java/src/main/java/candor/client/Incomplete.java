package candor.client;

/** A generation's stream kept ending without a result or an error. */
public final class Incomplete extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Incomplete(String name, long sequence) {
    super(name + " ended after event " + sequence + " without a result or an error");
  }
}
