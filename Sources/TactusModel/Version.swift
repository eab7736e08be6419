/// The version of Tactus, as `--version`, the socket and the requests of heartbeats tell it.
public enum Version {
  /// Semantic versioning; CHANGELOG.md says what each one brought.
  public static let current = "0.1.0"
}
