/// The limits of this version, in one place; docs/limits.md shows them and names the test of each.
public enum Limits {
  /// The shortest and the longest `Interval=`.
  public static let interval: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)
  /// The longest `Timeout=` of a heartbeat.
  public static let heartbeatTimeout: Duration = .seconds(300)
  /// `Priority=`.
  public static let priority = -100...100
  /// `MaxConsecutiveFailures=`, apart from `infinity`.
  public static let maxConsecutiveFailures = 1...1000
  /// `MisfireLimit=`.
  public static let misfireLimit = 1...10_000
  /// The largest unit file, in bytes.
  public static let unitFileBytes = 256 << 10
  /// A line of output longer than this is stored in marked pieces, in bytes.
  public static let logLineBytes = 64 << 10
  /// How far in the past the start of a MANUAL job may lie.
  public static let manualPast: Duration = .seconds(60)
  /// How far ahead the start of a MANUAL job may lie: five years, leap days included.
  public static let manualFuture: Duration = .seconds((5 * 365 + 2) * 86_400)
  /// Between TERM and KILL.
  public static let grace: Duration = .seconds(2)
  /// How often everything claimed or running is checked against the facts.
  public static let checkEvery: Duration = .seconds(120)
  /// Rows that one release transaction looks at.
  public static let releaseBatch = 1000
}
