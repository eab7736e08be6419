public import TactusModel

/// Reads `queues/NAME.queue`: the limits of a queue.
///
/// tactus.queue(5) describes the keys.
public enum QueueFile {
  /// Reads the limits of a queue, or returns all problems of the file.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - file: the name of the file in problems.
  ///   - defaults: the limits for keys that are not set.
  public static func read(
    _ bytes: [UInt8], file: String, defaults: QueueLimits
  ) -> Result<QueueLimits, UnitFileProblems> {
    var reading = Reading(bytes, file: file, vocabulary: .queue)
    let running = reading.value("MaxRunning", in: "Queue", as: number(Limits.maxRunning))
    let queued = reading.value("MaxQueued", in: "Queue", as: number(Limits.maxQueued))
    return reading.result(
      QueueLimits(maxRunning: running ?? defaults.maxRunning, maxQueued: queued ?? defaults.maxQueued))
  }

  /// Returns the kind whose built-in queue a file configures.
  ///
  /// - Parameter file: the file's name without its directory.
  public static func kind(ofFile file: String) -> Result<Kind, UnitFileProblems> {
    guard let stem = stem(of: file, suffix: ".queue") else {
      return .failure(.init(file, "is not named NAME.queue. Rename it"))
    }
    guard let kind = Kind(rawValue: stem) else {
      let known = Kind.allCases.map { "\($0.rawValue).queue" }.sorted().joined(separator: ", ")
      return .failure(
        .init(file, "configures a custom queue, which this version does not support yet. Use one of: \(known)"))
    }
    return .success(kind)
  }
}
