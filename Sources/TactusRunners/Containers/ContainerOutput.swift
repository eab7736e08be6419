import TactusModel
import TactusPorts

/// The output of one container on its way from the engine's log to the sink.
///
/// The log may be read several times from its beginning: what was taken before is passed over, byte by byte of each stream,
/// so that nothing is missing and nothing is there twice.
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
    /// Bytes that were taken of it in all, stored or dropped.
    var taken: Int64 = 0
    /// Bytes that this reading of the log has passed over or taken.
    var read: Int64 = 0
    /// Of what was taken; nil if an earlier daemon took part of it.
    var takenDigest: Digest?
    /// Of what this reading has passed over.
    var readDigest = Digest()
    var lines: ProcessLines
  }

  /// Tells whether two streams of bytes are the same: FNV-1a, which is enough where nobody wants to deceive.
  private struct Digest: Equatable {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
  }

  /// Whether this reading of the log has something else where earlier ones had what was taken.
  private(set) var isContradicted = false

  /// Output of which a part may be stored already.
  init(limit: Int64, stored: [OutputStream: Int64], now: Instant) {
    frames = LogFrames(now: now)
    for stream in OutputStream.allCases {
      streams[stream] = Stream(
        taken: stored[stream] ?? 0, takenDigest: stored[stream] == nil ? Digest() : nil,
        lines: ProcessLines(of: stream))
    }
    storedBytes = stored.values.reduce(0, +)
    room = max(0, limit - storedBytes)
  }

  /// Whether the sink owes answers for as much as it may.
  var isFull: Bool { unanswered >= Self.window }
  /// Whether the sink has answered for everything that it was given.
  var isAnswered: Bool { unanswered == 0 && lines.isEmpty }

  /// The log is read from its beginning now.
  mutating func beginReading(now: Instant) {
    frames = LogFrames(now: now)
    for stream in OutputStream.allCases {
      streams[stream]?.read = 0
      streams[stream]?.readDigest = Digest()
    }
  }

  /// Takes a piece of the log; false if it is none.
  mutating func take(_ bytes: UnsafeRawBufferPointer, now: Instant) -> Bool {
    // Taken out, because the frames hand pieces back to this value.
    var frames = frames
    let isLog = frames.take(bytes, now: now) { write($0, $1, $2) }
    self.frames = frames
    return isLog
  }

  /// The container has ended and its log is read: what has no newline goes out as it is.
  mutating func finish(at instant: Instant) {
    for stream in OutputStream.allCases { streams[stream]?.lines.close(at: instant, into: &lines) }
  }

  /// The lines gathered since the last time, and the bytes that the sink has to answer for; nil if there are none.
  mutating func takeLines() -> (lines: [OutputLine], bytes: Int)? {
    guard !lines.isEmpty else { return nil }
    let bytes = lines.reduce(0) { $0 + $1.written }
    unanswered += bytes
    defer { lines = [] }
    return (lines, bytes)
  }

  /// The sink has answered for some bytes.
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
    // Nothing follows any more: what has no newline yet goes out as it is.
    if kept > 0 && room == 0 { finish(at: at) }
  }
}
