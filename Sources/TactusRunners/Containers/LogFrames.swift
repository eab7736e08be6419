import TactusModel
import TactusPorts

/// Decodes the log stream of an engine into frames: a header of eight bytes, an instant, a space and the output.
///
/// Every frame has an instant. Only the last frame of a line has the newline.
///
/// Source: Docker Engine API v1.41, `ContainerAttach`, "Stream format"
struct LogFrames {
  private var head: [UInt8] = []
  private var stream = OutputStream.stdout
  /// The remaining bytes of the frame.
  private var rest = 0
  /// The instant read so far; nil after its space.
  private var stamp: [UInt8]?
  private var at: Instant
  /// Whether the stream is not a log.
  private var isBroken = false

  /// Longer than any instant.
  private static let stampBytes = 64

  init(now: Instant) { at = now }

  /// Takes bytes as they arrive, and passes on pieces of output.
  ///
  /// Returns false if the bytes are not a log.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, now: Instant, _ body: (OutputStream, Instant, UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    var bytes = bytes
    while !bytes.isEmpty {
      if rest == 0 {
        let missing = bytes.prefix(8 - head.count)
        head += missing
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(missing.count))
        guard head.count == 8 else { return true }
        guard beginFrame() else { return false }
      } else if stamp != nil {
        bytes = takeStamp(bytes, now)
        if isBroken { return false }
      } else {
        let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(rest))
        rest -= piece.count
        body(stream, at, piece)
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(piece.count))
      }
    }
    return true
  }

  private mutating func beginFrame() -> Bool {
    defer { head = [] }
    switch head[0] {
    case 0, 1: stream = .stdout
    case 2: stream = .stderr
    default: return false
    }
    guard head[1...3].allSatisfy({ $0 == 0 }) else { return false }
    rest = head[4...].reduce(0) { $0 << 8 | Int($1) }
    stamp = rest == 0 ? nil : []
    return true
  }

  private mutating func takeStamp(_ bytes: UnsafeRawBufferPointer, _ now: Instant) -> UnsafeRawBufferPointer {
    let within = bytes.prefix(rest)
    let end = within.firstIndex(of: UInt8(ascii: " "))
    let piece = within[..<(end ?? within.endIndex)]
    stamp? += piece
    let used = piece.count + (end == nil ? 0 : 1)
    rest -= used
    isBroken = stamp?.count ?? 0 > Self.stampBytes
    if end != nil || rest == 0 {
      at = Self.instant(stamp ?? [], now)
      stamp = nil
    }
    return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(used))
  }

  /// The instant of a frame.
  ///
  /// podman reports whole seconds. For a line that has just arrived, the clock is more exact.
  private static func instant(_ stamp: [UInt8], _ now: Instant) -> Instant {
    guard let reported = Instant(rfc3339: String(decoding: stamp, as: UTF8.self)) else { return now }
    let isWhole = !stamp.contains(UInt8(ascii: "."))
    return isWhole && now >= reported && now < reported + .seconds(1) ? now : reported
  }
}
