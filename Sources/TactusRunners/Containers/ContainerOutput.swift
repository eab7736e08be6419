import TactusModel
import TactusPorts

/// The output of one container, from the engine's log to the sink.
///
/// The log may be read several times from its beginning. Bytes that were taken before are skipped for each stream, so
/// no byte is lost or stored twice.
struct ContainerOutput {
  /// Output stored, in bytes.
  private(set) var storedBytes: Int64 = 0
  /// Output counted but not stored, in bytes.
  private(set) var droppedBytes: Int64 = 0
  private var frames: LogFrames
  private var streams: [OutputStream: Stream] = [:]
  private var room: Int64
  private var lines: [OutputLine] = []
  private var unanswered = 0

  /// How many bytes may be on their way to the sink.
  static let window = 256 << 10

  private struct Stream {
    /// Bytes taken in total, stored or dropped.
    var taken: Int64 = 0
    /// Bytes that this reading of the log has skipped or taken.
    var read: Int64 = 0
    /// The digest of the taken bytes; nil if an earlier daemon took some of them.
    var takenDigest: Fingerprint?
    /// The digest of the bytes that this reading has skipped.
    var readDigest = Fingerprint()
    var lines: ProcessLines
  }

  /// Whether this reading of the log differs from an earlier one in the bytes that were taken.
  private(set) var isContradicted = false

  /// Creates an output, part of which may already be stored.
  init(limit: Int64, stored: [OutputStream: Int64], now: Instant) {
    frames = LogFrames(now: now)
    for stream in OutputStream.allCases {
      streams[stream] = Stream(
        taken: stored[stream] ?? 0, takenDigest: stored[stream] == nil ? Fingerprint() : nil,
        lines: ProcessLines(of: stream))
    }
    storedBytes = stored.values.reduce(0, +)
    room = max(0, limit - storedBytes)
  }

  /// Whether the sink owes as many answers as allowed.
  var isFull: Bool { unanswered >= Self.window }
  /// Whether the sink has answered for everything that it was given.
  var isAnswered: Bool { unanswered == 0 && lines.isEmpty }

  /// Begins to read the log from its beginning.
  mutating func beginReading(now: Instant) {
    frames = LogFrames(now: now)
    for stream in OutputStream.allCases {
      streams[stream]?.read = 0
      streams[stream]?.readDigest = Fingerprint()
    }
  }

  /// Takes a piece of the log.
  ///
  /// Returns false if the bytes are not a log.
  mutating func take(_ bytes: UnsafeRawBufferPointer, now: Instant) -> Bool {
    // Taken out, because the frames hand pieces back to this value.
    var frames = frames
    let isLog = frames.take(bytes, now: now) { write($0, $1, $2) }
    self.frames = frames
    return isLog
  }

  /// Emits unfinished lines after the container has ended and its log is read.
  mutating func finish(at instant: Instant) {
    for stream in OutputStream.allCases { streams[stream]?.lines.close(at: instant, into: &lines) }
  }

  /// The lines gathered since the last call, and the bytes that the sink has to answer for; nil without lines.
  mutating func takeLines() -> (lines: [OutputLine], bytes: Int)? {
    guard !lines.isEmpty else { return nil }
    let bytes = lines.reduce(0) { $0 + $1.written }
    unanswered += bytes
    defer { lines = [] }
    return (lines, bytes)
  }

  /// Handles the sink's answer for some bytes.
  mutating func answered(_ bytes: Int, stored: Bool) {
    unanswered -= bytes
    if stored { storedBytes += Int64(bytes) } else { droppedBytes += Int64(bytes) }
  }

  private mutating func write(_ name: OutputStream, _ at: Instant, _ bytes: UnsafeRawBufferPointer) {
    guard var stream = streams[name] else { return }
    let known = Int(min(Int64(bytes.count), max(0, stream.taken - stream.read)))
    stream.read += Int64(bytes.count)
    if known > 0, let taken = stream.takenDigest {
      stream.readDigest.add(bytes.prefix(known))
      if stream.read >= stream.taken, stream.readDigest != taken { isContradicted = true }
    }
    let fresh = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(known))
    stream.taken += Int64(fresh.count)
    stream.takenDigest?.add(fresh)
    let kept = Int(min(Int64(fresh.count), room))
    droppedBytes += Int64(fresh.count - kept)
    room -= Int64(kept)
    if kept > 0 { stream.lines.take(UnsafeRawBufferPointer(rebasing: fresh.prefix(kept)), at: at, into: &lines) }
    streams[name] = stream
    // No more bytes are stored, so an unfinished line is emitted as it is.
    if kept > 0 && room == 0 { finish(at: at) }
  }
}
