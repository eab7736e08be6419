import Glibc
import TactusModel
import TactusPorts

/// Splits the bytes of one stream into lines.
///
/// A line above ``Limits/logLineBytes`` becomes pieces of exactly that size and a rest. All pieces but the rest are
/// partial.
struct ProcessLines {
  private let stream: OutputStream
  private var open: [UInt8] = []

  init(of stream: OutputStream) { self.stream = stream }

  /// Takes bytes as they were read and appends the lines that they complete.
  mutating func take(_ bytes: UnsafeRawBufferPointer, at instant: Instant, into lines: inout [OutputLine]) {
    var rest = bytes
    while let start = rest.baseAddress, let newline = memchr(start, 10, rest.count) {
      let length = UnsafeRawPointer(newline) - start
      extend(UnsafeRawBufferPointer(rebasing: rest[..<length]), at: instant, into: &lines)
      lines.append(OutputLine(stream: stream, at: instant, bytes: open, isPartial: false))
      open = []
      rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
    }
    extend(rest, at: instant, into: &lines)
  }

  /// Appends the text after the last newline: the stream ended, or no more of it is stored.
  mutating func close(at instant: Instant, into lines: inout [OutputLine]) {
    guard !open.isEmpty else { return }
    lines.append(OutputLine(stream: stream, at: instant, bytes: open, isPartial: true))
    open = []
  }

  /// Extends the open line.
  ///
  /// A piece is emitted only when more bytes follow, so that a line of exactly the limit stays whole.
  private mutating func extend(_ bytes: UnsafeRawBufferPointer, at instant: Instant, into lines: inout [OutputLine]) {
    var rest = bytes
    while open.count + rest.count > Limits.logLineBytes {
      let fitting = Limits.logLineBytes - open.count
      open += rest[..<fitting]
      lines.append(OutputLine(stream: stream, at: instant, bytes: open, isPartial: true))
      open = []
      rest = UnsafeRawBufferPointer(rebasing: rest[fitting...])
    }
    open += rest
  }
}

extension OutputLine {
  /// The bytes that the job wrote for this entry, including its newline.
  var written: Int { bytes.count + (isPartial ? 0 : 1) }
}
