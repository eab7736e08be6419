import TactusModel
import TactusProtocol

/// Formats values for people.
enum Readable {
  /// Formats a span as `4 s`, `1 h 30 min`, `1.993 s` or `7 ms`, with at most two units.
  static func span(_ span: Duration) -> String {
    let microseconds = span.microseconds
    // The smallest integer cannot be negated.
    if microseconds < 0 { return "-\(self.span(.microseconds(-max(microseconds, -.max))))" }
    if microseconds < 1_000_000 { return "\(microseconds / 1000) ms" }
    if microseconds < 60_000_000 {
      let (seconds, milliseconds) = (microseconds / 1000).quotientAndRemainder(dividingBy: 1000)
      return milliseconds == 0 ? "\(seconds) s" : "\(seconds).\(String(milliseconds + 1000).dropFirst()) s"
    }
    let (largest, parts) = parts(ofSeconds: microseconds / 1_000_000)
    return parts[largest...].prefix(2).filter { $0.count > 0 }.map { "\($0.count) \($0.unit)" }.joined(separator: " ")
  }

  /// Formats a distance as `3 s ago`, `in 4 min` or `now`: one unit, rounded down.
  static func distance(of instant: Instant, from now: Instant) -> String {
    let microseconds = (instant - now).microseconds
    let seconds = Int64(clamping: microseconds.magnitude / 1_000_000)
    guard seconds > 0 else { return "now" }
    let (largest, parts) = parts(ofSeconds: seconds)
    let text = "\(parts[largest].count) \(parts[largest].unit)"
    return microseconds < 0 ? "\(text) ago" : "in \(text)"
  }

  /// Formats an instant as `2026-12-01T03:00:00Z`, truncated to a number of digits after the second.
  static func text(_ instant: Instant, digits: Int = 0) -> String {
    instant.description.prefix(digits > 0 ? 20 + digits : 19) + "Z"
  }

  /// Formats an instant for a table: relative on a terminal, exact elsewhere.
  static func instant(_ instant: Instant?, on console: Console) -> String? {
    instant.map { console.isTerminal ? distance(of: $0, from: console.now) : $0.description }
  }

  /// Formats an instant: with a number of digits after the second on a terminal, exact elsewhere.
  static func absolute(_ instant: Instant, on console: Console, digits: Int = 0) -> String {
    console.isTerminal ? text(instant, digits: digits) : instant.description
  }

  /// Formats an instant for a sheet: absolute, and on a terminal also relative.
  static func exact(_ instant: Instant?, on console: Console, digits: Int = 0) -> String? {
    instant.map { instant in
      let away = console.isTerminal ? " (\(distance(of: instant, from: console.now)))" : ""
      return absolute(instant, on: console, digits: digits) + away
    }
  }

  /// Formats a nominal instant so that it can be typed: without a fraction on a terminal if it is zero.
  static func name(_ instant: Instant, on console: Console) -> String {
    console.isTerminal && instant.microseconds % 1_000_000 == 0 ? text(instant) : instant.description
  }

  /// Formats a size as `512 bytes`, `1.2K` or `16.0M`, base 1024.
  static func bytes(_ count: Int64) -> String {
    guard (0...Int64.max / 10).contains(count) else { return count.counted("byte") }
    var tenths = count * 10
    var unit = ""
    for next in ["K", "M", "G", "T"] where tenths >= 10_240 {
      tenths /= 1024
      unit = next
    }
    return unit.isEmpty ? count.counted("byte") : "\(tenths / 10).\(tenths % 10)\(unit)"
  }

  /// The end of a job id: ids of the same minute have the same beginning.
  static func tail(of id: String) -> String { String(id.suffix(8)) }

  private static func parts(ofSeconds seconds: Int64) -> (largest: Int, parts: [(count: Int64, unit: String)]) {
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
    ]
    return (parts.firstIndex { $0.0 > 0 } ?? 3, parts)
  }
}

extension Word<JobStatus> {
  /// The style of the status; plain for a status that only a newer daemon knows.
  var style: Style { known?.style ?? .plain }
}

extension JobStatus {
  var style: Style {
    switch self {
    case .completed: .good
    case .failed: .bad
    case .running: .active
    case .queued: .plain
    case .pending, .canceled: .faint
    }
  }
}

extension WireWorkflow {
  /// The number of failures in a row that terminated the workflow.
  ///
  /// Nil if failures did not terminate it, or if a later edit may have changed the limit.
  var terminatingFailures: Int? {
    guard terminatedReason == .consecutiveFailures, let terminatedAt, updatedAt <= terminatedAt else { return nil }
    return maxConsecutiveFailures
  }

  /// The failures in a row; for a workflow that failures terminated, without later manual runs.
  var shownFailures: Int { terminatingFailures ?? consecutiveFailures }
}

extension WireJob {
  /// The status, with the phase if it says more.
  var standing: String {
    guard let phase, phase.rawValue != status.rawValue.lowercased() else { return status.rawValue }
    return "\(status.rawValue)/\(phase.rawValue)"
  }
}
