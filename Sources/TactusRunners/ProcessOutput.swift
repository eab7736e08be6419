import TactusLinux
import TactusModel
import TactusPorts

/// The output of one attempt, from its pipes to the sink.
///
/// Both streams may share one pipe.
///
/// The storage limit counts bytes as the job wrote them, including newlines. While the sink owes answers for ``window``
/// bytes, the pipes are not read. A job that floods its output then blocks.
final class ProcessOutput {
  /// Output stored, in bytes.
  private(set) var storedBytes: Int64 = 0
  /// Output counted but not stored, in bytes.
  private(set) var droppedBytes: Int64 = 0

  private var stdout: Pipe?
  private var stderr: Pipe?
  private let watches: ProcessWatches
  private var room: Int64
  private var lines: [OutputLine] = []
  private var latest: [[UInt8]] = []
  private var waiting = 0
  private var unanswered = 0
  private var isResting = false

  /// The inodes of the pipes, which identify their other ends.
  var inodes: Set<UInt64> {
    Set([stdout, stderr].compactMap { $0.flatMap { Descriptor.inode(of: $0.descriptor) } })
  }

  /// How many bytes may be on their way to the sink.
  static let window = 256 << 10
  /// How many lines are kept for ``denial``.
  private static let latestCount = 3

  /// One watched pipe.
  struct Pipe {
    /// Our end, which we read.
    let descriptor: Int32
    /// Its registration.
    let token: Poller.Token
    /// Its unfinished line.
    var lines: ProcessLines
  }

  /// Creates the output of an attempt from pipes that are already watched.
  ///
  /// Without pipes there is nothing to read.
  init(stdout: Pipe?, stderr: Pipe?, limit: Int64, watches: ProcessWatches) {
    self.stdout = stdout
    self.stderr = stderr
    self.watches = watches
    room = max(0, limit)
  }

  /// Whether the sink has answered for everything that it was given.
  var isAnswered: Bool { unanswered == 0 && lines.isEmpty }

  /// Reads a pipe once.
  ///
  /// Closes it at its end.
  func read(_ stream: OutputStream, at instant: Instant) {
    guard let descriptor = pipe(stream)?.descriptor else { return }
    switch Descriptor.read(descriptor, into: watches.buffer) {
    case .bytes(let size): take(size, of: stream, at: instant)
    case .wouldBlock: return
    case .end, .failed: close(stream, at: instant)
    }
    rest(waiting + unanswered >= Self.window)
  }

  /// Reads what is in the pipes now and closes them, even if other processes still hold their write ends.
  func finish(at instant: Instant) {
    for stream in OutputStream.allCases {
      guard let descriptor = pipe(stream)?.descriptor else { continue }
      // Counted first, because a process that escaped may write forever.
      var due = Descriptor.bytesWaiting(in: descriptor)
      while due > 0, case .bytes(let size) = Descriptor.read(descriptor, into: watches.buffer) {
        take(size, of: stream, at: instant)
        due -= size
      }
      close(stream, at: instant)
    }
  }

  /// The lines gathered since the last call, and the bytes that the sink has to answer for; nil without lines.
  func takeLines() -> (lines: [OutputLine], bytes: Int)? {
    guard !lines.isEmpty else { return nil }
    latest = (latest + lines.suffix(Self.latestCount).map { Array($0.bytes.suffix(1 << 10)) }).suffix(Self.latestCount)
    defer {
      unanswered += waiting
      (lines, waiting) = ([], 0)
    }
    return (lines, waiting)
  }

  /// Handles the sink's answer for some bytes.
  func answered(_ bytes: Int, stored: Bool) {
    unanswered -= bytes
    if stored { storedBytes += Int64(bytes) } else { droppedBytes += Int64(bytes) }
    rest(waiting + unanswered >= Self.window)
  }

  /// The denial that the latest lines mention; nil if they mention none.
  ///
  /// This is a guess, because every program words its errors differently.
  var denial: Denial? {
    latest.reversed().lazy.compactMap { line in
      Denial.allCases.first { String(decoding: line, as: UTF8.self).contains($0.rawValue) }
    }.first
  }

  private func take(_ size: Int, of stream: OutputStream, at instant: Instant) {
    let kept = Int(min(Int64(size), room))
    droppedBytes += Int64(size - kept)
    guard kept > 0 else { return }
    room -= Int64(kept)
    let bytes = UnsafeRawBufferPointer(rebasing: watches.buffer[..<kept])
    gather(stream) { $0.take(bytes, at: instant, into: &$1) }
    guard room == 0 else { return }
    // No more bytes are stored, so an unfinished line is emitted as it is.
    for stream in OutputStream.allCases { gather(stream) { $0.close(at: instant, into: &$1) } }
  }

  private func gather(_ stream: OutputStream, _ body: (inout ProcessLines, inout [OutputLine]) -> Void) {
    let before = lines.count
    switch stream {
    case .stdout: if var pipe = stdout.take() { body(&pipe.lines, &lines); stdout = pipe }
    case .stderr: if var pipe = stderr.take() { body(&pipe.lines, &lines); stderr = pipe }
    }
    waiting += lines[before...].reduce(0) { $0 + $1.written }
  }

  private func close(_ stream: OutputStream, at instant: Instant) {
    gather(stream) { $0.close(at: instant, into: &$1) }
    guard let pipe = pipe(stream) else { return }
    watches.remove(pipe.token)
    Descriptor.close(pipe.descriptor)
    switch stream {
    case .stdout: stdout = nil
    case .stderr: stderr = nil
    }
  }

  private func rest(_ shouldRest: Bool) {
    guard shouldRest != isResting else { return }
    isResting = shouldRest
    for pipe in [stdout, stderr] {
      if let pipe { watches.change(pipe.token, to: shouldRest ? .none : .read) }
    }
  }

  private func pipe(_ stream: OutputStream) -> Pipe? {
    switch stream {
    case .stdout: stdout
    case .stderr: stderr
    }
  }
}
