public import TactusModel

/// `queues/NAME.queue`: the limits of a queue.
///
/// Its keys are described in tactus.queue(5).
public enum QueueFile {
  /// Reads the limits of a queue, or tells everything that is wrong with the file.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - file: the file as problems show it.
  ///   - defaults: what keys that are not set leave as it is.
  public static func read(
    _ bytes: [UInt8], file: String, defaults: QueueLimits
  ) -> Result<QueueLimits, UnitFileProblems> {
    var reading = Reading(bytes, file: file, vocabulary: .queue)
    let running = reading.value("MaxRunning", in: "Queue", as: number(Limits.maxRunning))
    let queued = reading.value("MaxQueued", in: "Queue", as: number(Limits.maxQueued))
    return reading.result(
      QueueLimits(maxRunning: running ?? defaults.maxRunning, maxQueued: queued ?? defaults.maxQueued))
  }

  /// The kind whose built-in queue a file configures, from the file's name without its directory.
  public static func kind(ofFile file: String) -> Result<Kind, UnitFileProblems> {
    guard let stem = stem(of: file, suffix: ".queue") else {
      return .failure(.init(file, "is not named NAME.queue: rename it"))
    }
    guard let kind = Kind(rawValue: stem) else {
      let known = Kind.allCases.map { "\($0.rawValue).queue" }.sorted().joined(separator: " and ")
      return .failure(.init(file, "configures a queue of your own, which this version does not have yet: use \(known)"))
    }
    return .success(kind)
  }
}
