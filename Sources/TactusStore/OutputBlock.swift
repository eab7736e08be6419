internal import TactusModel
internal import TactusPorts

/// Consecutive lines of one job, stored as one row; a short line costs one byte more than its text.
///
/// Each line has a head, then its instant if that differs from the previous line's, then its bytes. The head is a
/// number: the length times eight, plus three flags. Numbers are LEB128: groups of seven bits, the lowest first.
///
/// - Flag 1: the line is of stderr. Flag 2: it is partial. Flag 4: an instant follows.
/// - An instant is a difference in microseconds, from the previous line or from 1970 for the first line. Its sign is
///   the lowest bit, so small steps in both directions are short.
/// - An empty line of the same instant is the single byte 0: stdout, whole, no instant.
///
/// Positions of a job's lines count from 1, without gaps, over all its blocks.
struct OutputBlock: Equatable {
  /// The position of the first line.
  var first: Int64
  /// The number of lines; at most 4,096 in a block that this version wrote.
  private(set) var count = 0
  /// The instant of the last line; 1970 before the first line.
  private(set) var newest = Instant(microseconds: 0)
  /// The bytes that the job wrote, newlines included, by stream.
  ///
  /// A partial line counts without a newline. A stream without lines is absent, or zero if the block was read from a
  /// row.
  private(set) var written: [OutputStream: Int64] = [:]
  /// The encoded lines in their order, without anything before, between or behind them.
  private(set) var content: [UInt8] = []

  /// The size in bytes, heads included, from which a block is full: an append rewrites at most so much.
  private static let fullBytes = 8 << 10
  /// The number of lines from which a block is full: a reader skips at most so many to find a line.
  private static let fullCount = 4096

  private static let (stderrMark, partialMark, instantMark): (UInt64, UInt64, UInt64) = (1, 2, 4)

  /// Creates a block without lines, which may not be stored: a row has at least one.
  init(first: Int64) { self.first = first }

  /// Creates a block from a stored row; its content is not checked before ``lines(after:limit:)`` decodes it.
  init(first: Int64, count: Int, newest: Instant, written: [OutputStream: Int64], content: [UInt8]) {
    self.first = first
    self.count = count
    self.newest = newest
    self.written = written
    self.content = content
  }

  /// The position after the last line.
  var next: Int64 { first.addingSaturated(Int64(count)) }

  /// Whether a line must go into the next block.
  ///
  /// The heads are not counted in advance, so a block may exceed 8 KiB by a few bytes. A longer line is alone in its
  /// block.
  ///
  /// - Parameter line: the line that would be added next.
  /// - Returns: false for an empty block, whatever the length of the line.
  func isFull(for line: OutputLine) -> Bool {
    count >= Self.fullCount || (count > 0 && content.count + line.bytes.count > Self.fullBytes)
  }

  /// Encodes a line behind the others, and counts its bytes; the caller has asked ``isFull(for:)``.
  ///
  /// - Parameter line: any bytes, NUL included. Its instant may be before that of the previous line.
  mutating func add(_ line: OutputLine) {
    let isNew = count == 0 || line.at != newest
    var head = UInt64(line.bytes.count) << 3
    if line.stream == .stderr { head |= Self.stderrMark }
    if line.isPartial { head |= Self.partialMark }
    if isNew { head |= Self.instantMark }
    Self.append(head, to: &content)
    if isNew {
      let before = count == 0 ? 0 : newest.microseconds
      // The clock may have been set back, so the sign goes into the lowest bit.
      let step = line.at.microseconds.subtractingSaturated(before)
      Self.append(UInt64(bitPattern: (step << 1) ^ (step >> 63)), to: &content)
      newest = line.at
    }
    content += line.bytes
    count += 1
    written[line.stream, default: 0] += Int64(line.bytes.count) + (line.isPartial ? 0 : 1)
  }

  /// Returns the lines after a position, at most `limit`; nil if the bytes are not in the format of ``add(_:)``.
  ///
  /// Every line before the position is skipped by its length, so the cost grows with the block and not with the job.
  /// Damaged bytes never trap: lengths are checked against the content, and instants saturate.
  ///
  /// - Parameters:
  ///   - position: the position of the last line that is known; 0 for all lines of the first block.
  ///   - limit: the most lines.
  /// - Returns: positions and lines in order, empty if the block ends before the position. Nil if a number or a length
  ///   goes beyond the content, or if a returned instant has no year of four digits.
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

  /// Appends a number in LEB128: one byte below 128, ten bytes at most.
  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Reads a number in LEB128 and moves the offset behind it; nil if the content ends first, or after ten bytes.
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
