internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol

/// The output of jobs, stored and new.
///
/// A stream takes no turn. Two parts feed it: the output, which is read in small pieces, and with `follow` one wait for
/// the event of the job's end. Nothing polls. All methods may be called on any queue.
///
/// A stream holds one read, at most 32 lines of 64 KiB, and reads again when the client has read most of the lines. So
/// a job that writes faster than its client reads needs no memory here.
extension ControlAPI {
  /// Streams the stored output of a job, and with `follow` also new lines until the job has ended.
  ///
  /// Each line is one reply, in the order of the positions, which count from 1 over both streams of the job. A filter
  /// for one stream leaves gaps in the positions. The last reply has no line, but the number of bytes that were not
  /// stored.
  ///
  /// - It begins behind the position `after`, or with the first line if that is absent or 0. A position behind the last
  ///   line is valid.
  /// - Without `follow`, and for a job that has ended, it ends when no more lines are stored.
  /// - With `follow` all lines that were stored before the end of the job are sent before the stream ends.
  /// - If the client leaves, the stream ends. If the daemon stops, a stream that follows fails with `Unavailable`.
  ///
  /// These errors are answered, also after lines were sent:
  ///
  /// - `Invalid` with the field `id`, for a malformed id, or a suffix of several jobs.
  /// - `NotFound` if there is no such job. A job without output is no error.
  /// - `Conflict` if the row of the job or a block of its output is damaged.
  /// - `Unavailable` if the store or the output cannot be read.
  ///
  /// - Throws: `Invalid` with the field `after`, if it is negative.
  func read(_ call: Exchange<ReadLogs>) throws(CallFailure) {
    if let after = call.request.after, after < 0 {
      throw .invalid(field: "after", reason: "\(after) is not a position. Give the position of a line, or 0.")
    }
    find(call.request.id, for: call) { id in
      // The position is read before the job, so that an end between the two reads is seen.
      archive.eventRange { result in
        switch result {
        case .failure(let failure): call.fail(CallFailure(failure))
        case .success(let range): begin(id, range.newest, call)
        }
      }
    }
  }

  /// Reads the job, then sends its lines, and watches for its end if the client follows and the job has not ended.
  ///
  /// The job is read through the archive, which waits for a slow disk.
  ///
  /// - Parameters:
  ///   - id: may belong to no job, which is answered with `NotFound`.
  ///   - event: the number of the newest event, read before the job.
  ///   - call: its position is not negative.
  private func begin(_ id: JobID, _ event: Int64, _ call: Exchange<ReadLogs>) {
    archive.job(id) { result in
      switch result {
      case .failure(let failure): call.fail(CallFailure(failure))
      case .success(let job):
        let log = LogStreaming(id: id, call: call)
        if job.status.isTerminal || call.request.follow != true {
          log.ending.note(.over)
        } else {
          watch(log, after: event)
        }
        sendLines(of: log, after: call.request.after ?? 0)
      }
    }
  }

  /// The state of one stream of output.
  ///
  /// The watch and the reads share it, on different queues. The position is passed from read to read instead.
  private struct LogStreaming: Sendable {
    /// The job whose output is sent.
    let id: JobID
    /// The call, which gets its answer at the end of the stream.
    let call: Exchange<ReadLogs>
    /// The mark that the client has left; its number names the waits in the feed and in the output.
    let follower = Follower()
    /// The reason to end, which the watch notes; from the beginning there is one for a stream that only sends stored
    /// lines.
    let ending = LogEnding()
  }

  /// Notes the end of the job, the client or the daemon, and wakes the stream.
  ///
  /// Called at most once for a stream. The feed answers once: at the end of the job, when the client leaves, when the
  /// daemon stops, or when the archive cannot be read. If the event of the end may have been removed, the stream ends
  /// as if the job had ended.
  ///
  /// The wait for a line is answered after the reason was noted. So a read that begins after it finds the reason.
  ///
  /// - Parameter event: the end of the job has a higher number.
  private func watch(_ log: LogStreaming, after event: Int64) {
    log.call.whenGone {
      log.follower.leave()
      feed.cancel(log.follower)
    }
    let id = log.id
    feed.next(after: event, for: log.follower, isWanted: { $0.job == id && $0.status?.isTerminal == true }) { answer in
      switch answer {
      case .events, .gone: log.ending.note(.over)
      case .expired:
        log.ending.note(.failed(.unavailable(reason: "the events that report the end are no longer kept")))
      case .closed:
        log.ending.note(.failed(.unavailable(reason: "The daemon is stopping. Ask again after it has restarted.")))
      case .failed(let failure): log.ending.note(.failed(CallFailure(failure)))
      }
      output.cancelWait(log.follower.number)
    }
  }

  /// The most lines in one message, and the most bytes if there are several; a long line is sent in pieces of 64 KiB.
  ///
  /// A line with `partial` continues in the next one of its stream, or has no newline. The bytes are those that the job
  /// wrote. As JSON or base64 they need more.
  private static let (linesAtOnce, bytesAtOnce) = (32, 256 << 10)

  /// Sends the lines behind a position, then waits for more or ends the stream.
  ///
  /// Lines that are read but do not fit into the message are read again. The next read asks for at most twice as many
  /// lines as were sent, which bounds the long lines that are read again. Lines of the other stream count towards the
  /// bounds, and a message may be empty.
  ///
  /// If there are no lines, the stream ends if a reason was noted, else it waits. The output answers that wait when a
  /// batch of the job is committed, or when the watch ends it. Output that cannot be read ends the stream with its
  /// failure.
  ///
  /// - Parameters:
  ///   - log: the stream.
  ///   - position: of the last line that was sent, or that the client named.
  ///   - limit: the most lines to read, at most 32.
  private func sendLines(of log: LogStreaming, after position: Int64, limit: Int = linesAtOnce) {
    // Read before the lines, so that all lines before the end are sent.
    let ending = log.ending.noted
    output.lines(of: log.id, after: position, limit: limit) { result in
      switch result {
      case .failure(let failure): end(log, .failed(CallFailure(failure)))
      case .success(let found):
        var bytes = 0
        // At least one line; the others are read again.
        let lines = found.prefix { entry in
          defer { bytes += entry.line.bytes.count }
          return bytes == 0 || bytes + entry.line.bytes.count <= Self.bytesAtOnce
        }
        guard let last = lines.last else {
          if let ending { return end(log, ending) }
          return output.wait(
            for: log.id, after: position, number: log.follower.number, isCanceled: { log.ending.noted != nil }
          ) { sendLines(of: log, after: position) }
        }
        log.call.send(lines.compactMap { Self.reply($0, log.call.request.stream) }) { demand in
          guard demand == .more else { return end(log, .over) }
          sendLines(of: log, after: last.position, limit: min(Self.linesAtOnce, 2 * lines.count))
        }
      }
    }
  }

  /// Converts a line for the client; nil if the client wants the other stream.
  ///
  /// - Parameters:
  ///   - entry: a line, or a piece of one. Bytes that are not UTF-8 are sent as base64.
  ///   - wanted: nil for both streams.
  private static func reply(_ entry: (position: Int64, line: OutputLine), _ wanted: LogStream?) -> ReadLogs.Reply? {
    let line = entry.line
    guard let stream = LogStream(rawValue: line.stream.rawValue), wanted == nil || wanted == stream else { return nil }
    return ReadLogs.Reply(
      position: entry.position, at: line.at, stream: stream, bytes: line.bytes, isPartial: line.isPartial)
  }

  /// Ends the stream with the number of dropped bytes, or with the failure.
  ///
  /// Called once for a stream. The wait in the feed ends first, so nothing of the stream remains. The number is that of
  /// the row of the job, read now. It is known when the job has ended, and 0 before. If the row cannot be read, that
  /// failure is the answer.
  private func end(_ log: LogStreaming, _ ending: LogEnding.Reason) {
    log.follower.leave()
    feed.cancel(log.follower)
    switch ending {
    case .failed(let failure): log.call.fail(failure)
    case .over:
      archive.job(log.id) { result in
        answer(log.call, result) { .init(droppedBytes: $0.report.logDroppedBytes) }
      }
    }
  }
}

/// The reason why a stream of output ends; the first one is kept.
///
/// Any queue: the watch notes it on one queue, and the reads examine it on another.
private final class LogEnding: Sendable {
  /// The ways in which a stream ends.
  enum Reason: Sendable {
    /// The job has ended, or the client has left.
    case over
    /// The end can no longer be reported; the answer of the call.
    case failed(CallFailure)
  }

  /// The first reason; once it is set, it never changes.
  private let reason = Mutex<Reason?>(nil)

  /// The first reason; nil while the stream continues.
  var noted: Reason? { reason.withLock { $0 } }

  /// Notes a reason, unless there is one.
  ///
  /// The caller wakes the stream after that, by ending its wait for lines.
  func note(_ ending: Reason) { reason.withLock { $0 = $0 ?? ending } }
}
