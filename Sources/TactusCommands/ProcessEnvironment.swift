internal import FoundationEssentials

/// The environment of this process.
public enum ProcessEnvironment {
  /// Names and values.
  public static var variables: [String: String] { ProcessInfo.processInfo.environment }
}
