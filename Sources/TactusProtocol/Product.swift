/// The product and its version.
public enum Product {
  /// The version of `tactusd` and `tactusctl`, which belong together.
  public static let version = "0.1.0"
}
