internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusTransport

/// The output of jobs, stored and still to come.
extension ControlHandler {
  func readLogs(_ request: ReadLogs, _ reply: ReplyPort) throws(CallFailure) {
    if let after = request.after, after < 0 {
      throw .invalid(field: "after", reason: "\(after) is no position: give one that a line came with, or 0")
    }
    resolve(request.id) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id):
        // The place before the job: an end between the two is seen.
        archive.eventRange { result in
          switch result {
          case .failure(let failure): reply.fail(CallFailure(failure))
          case .success(let range): begin(id, range.newest, request, reply)
          }
        }
      }
    }
  }

  private func begin(_ id: JobID, _ event: Int64, _ request: ReadLogs, _ reply: ReplyPort) {
    archive.job(id) { result in
      switch result {
      case .failure(let failure): reply.fail(CallFailure(failure))
      case .success(let job):
        let log = LogStreaming(id: id, request: request, reply: reply)
        if job.status.isTerminal || request.follow != true { log.ending.note(.over) } else { watch(log, after: event) }
        sendLines(of: log, after: request.after ?? 0)
      }
    }
  }

  /// What a stream of output is made of.
  private struct LogStreaming: Sendable {
    let id: JobID
    let request: ReadLogs
    let reply: ReplyPort
    let follower = Follower()
    let ending = LogEnding()
  }

  /// Has the end of the job noted, and that of the client or the daemon; whoever waits for lines is woken.
  private func watch(_ log: LogStreaming, after event: Int64) {
    log.reply.whenGone {
      log.follower.leave()
      feed.cancel(log.follower)
    }
    let id = log.id
    feed.next(after: event, for: log.follower, isWanted: { $0.job == id && $0.status?.isTerminal == true }) { answer in
      switch answer {
      case .events, .gone, .expired: log.ending.note(.over)
      case .closed: log.ending.note(.failed(.unavailable(reason: "the daemon is stopping; ask again when it is back")))
      case .failed(let failure): log.ending.note(.failed(CallFailure(failure)))
      }
      output.cancelWait(log.follower.number)
    }
  }

  /// Lines of one send, and their bytes if there are several: an overlong line comes in pieces of 64 KiB.
  private static let (linesAtOnce, bytesAtOnce) = (32, 256 << 10)

  private func sendLines(of log: LogStreaming, after position: Int64, limit: Int = linesAtOnce) {
    // Looked at before the lines are: what comes after the end is no output of this job.
    let ending = log.ending.noted
    output.lines(of: log.id, after: position, limit: limit) { result in
      switch result {
      case .failure(let failure): end(log, .failed(CallFailure(failure)))
      case .success(let found):
        var bytes = 0
        // At least one; the rest is read again.
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
        log.reply.send(lines.compactMap { Self.reply($0, log.request.stream) }, to: log.request) { demand in
          guard demand == .more else { return end(log, .over) }
          sendLines(of: log, after: last.position, limit: min(Self.linesAtOnce, 2 * lines.count))
        }
      }
    }
  }

  private static func reply(_ entry: (position: Int64, line: OutputLine), _ wanted: LogStream?) -> ReadLogs.Reply? {
    let line = entry.line
    guard let stream = LogStream(rawValue: line.stream.rawValue), wanted == nil || wanted == stream else { return nil }
    return ReadLogs.Reply(
      position: entry.position, at: line.at, stream: stream, bytes: line.bytes, isPartial: line.isPartial)
  }

  private func end(_ log: LogStreaming, _ ending: LogEnding.Reason) {
    log.follower.leave()
    feed.cancel(log.follower)
    switch ending {
    case .failed(let failure): log.reply.fail(failure)
    case .over:
      archive.job(log.id) { result in
        answer(log.request, log.reply, result) { .init(droppedBytes: $0.report.logDroppedBytes) }
      }
    }
  }
}

/// Why no more output comes; the first reason stays.
private final class LogEnding: Sendable {
  enum Reason: Sendable {
    /// The job has ended, or nobody listens.
    case over
    /// It cannot be told any more.
    case failed(CallFailure)
  }

  private let reason = Mutex<Reason?>(nil)

  var noted: Reason? { reason.withLock { $0 } }

  func note(_ ending: Reason) { reason.withLock { $0 = $0 ?? ending } }
}
