internal import TactusModel
internal import TactusPorts

/// Lines of one job that follow each other, as one row keeps them: bytes in which a short line costs one more than it has.
///
/// A line is a head, its instant if that differs from the one of the line before, and its bytes. The head is a number: the
/// length times eight, and three marks. Numbers are in groups of seven bits, the lowest first, as in LEB128.
struct OutputBlock: Equatable {
  /// The position of its first line.
  var first: Int64
  /// How many lines it has.
  private(set) var count = 0
  /// The instant of its last line.
  private(set) var newest = Instant(microseconds: 0)
  /// What the job wrote, newlines included, by stream.
  private(set) var written: [OutputStream: Int64] = [:]
  /// The lines.
  private(set) var content: [UInt8] = []

  /// A block is full when its lines have so many bytes, heads included: what an append writes anew at most.
  private static let fullBytes = 8 << 10
  /// Or so many lines: what a reader passes over at most to find one.
  private static let fullCount = 4096

  private static let (stderrMark, partialMark, instantMark): (UInt64, UInt64, UInt64) = (1, 2, 4)

  /// A block without lines.
  init(first: Int64) { self.first = first }

  /// A block as it was stored.
  init(first: Int64, count: Int, newest: Instant, written: [OutputStream: Int64], content: [UInt8]) {
    self.first = first
    self.count = count
    self.newest = newest
    self.written = written
    self.content = content
  }

  /// The position of the line after its last.
  var next: Int64 { first.addingSaturated(Int64(count)) }

  /// Whether a line goes into the next block.
  func isFull(for line: OutputLine) -> Bool {
    count >= Self.fullCount || (count > 0 && content.count + line.bytes.count > Self.fullBytes)
  }

  mutating func add(_ line: OutputLine) {
    let isNew = count == 0 || line.at != newest
    var head = UInt64(line.bytes.count) << 3
    if line.stream == .stderr { head |= Self.stderrMark }
    if line.isPartial { head |= Self.partialMark }
    if isNew { head |= Self.instantMark }
    Self.append(head, to: &content)
    if isNew {
      let before = count == 0 ? 0 : newest.microseconds
      // The clock may be set back: the sign goes into the lowest bit.
      let step = line.at.microseconds.subtractingSaturated(before)
      Self.append(UInt64(bitPattern: (step << 1) ^ (step >> 63)), to: &content)
      newest = line.at
    }
    content += line.bytes
    count += 1
    written[line.stream, default: 0] += Int64(line.bytes.count) + (line.isPartial ? 0 : 1)
  }

  /// The lines after a position, at most so many; nil if the bytes are not what ``add(_:)`` writes.
  func lines(after position: Int64, limit: Int) -> [(position: Int64, line: OutputLine)]? {
    var found: [(position: Int64, line: OutputLine)] = []
    var (offset, at) = (0, Int64(0))
    for index in 0..<count {
      guard found.count < limit else { break }
      guard let head = number(at: &offset) else { return nil }
      if head & Self.instantMark != 0 {
        guard let step = number(at: &offset) else { return nil }
        at = at.addingSaturated(Int64(bitPattern: step >> 1) ^ -Int64(bitPattern: step & 1))
      }
      guard head >> 3 <= UInt64(content.count - offset) else { return nil }
      let end = offset + Int(head >> 3)
      let place = first.addingSaturated(Int64(index))
      if place > position {
        let line = OutputLine(
          stream: head & Self.stderrMark == 0 ? .stdout : .stderr, at: Instant(microseconds: at),
          bytes: Array(content[offset..<end]), isPartial: head & Self.partialMark != 0)
        guard Instant.writable.contains(line.at) else { return nil }
        found.append((place, line))
      }
      offset = end
    }
    return found
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private func number(at offset: inout Int) -> UInt64? {
    var (number, shift) = (UInt64(0), UInt64(0))
    while offset < content.count, shift < 64 {
      let byte = content[offset]
      offset += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return number }
      shift += 7
    }
    return nil
  }
}
