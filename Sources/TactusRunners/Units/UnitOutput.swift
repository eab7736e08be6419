import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The output of one unit on its way from two named pipes to the sink.
///
/// Bytes stay in their pipe until the sink has stored them, so that a daemon that dies loses none: it looks at what is
/// there by tee(2), hands whole lines over, one piece of each stream at a time, and takes them out when they are stored.
/// What has no newline yet stays where it is for a moment, unless it fills the pipe. Not for longer: Linux tells nobody when a
/// writer fills a pipe that is not empty, and waits in the middle of its write.
final class UnitOutput {
  /// Output stored, in bytes.
  private(set) var storedBytes: Int64 = 0
  /// Output counted but not stored, in bytes.
  var droppedBytes: Int64 { streams.values.reduce(0) { $0 + $1.record.dropped } }

  private let watches: ProcessWatches
  private let view: PipeView
  private let ledger: Int32
  private var room: Int64
  private var streams: [OutputStream: Stream] = [:]

  /// A piece that the sink is to store.
  struct Piece {
    let stream: OutputStream
    let lines: [OutputLine]
    /// Bytes that the lines stand for.
    let kept: Int
  }

  private struct Stream {
    let descriptor: Int32
    let token: Poller.Token
    var record: UnitRecord
    /// Bytes at the head of the pipe that are with the sink, or that only count; nil if there are none.
    var taken: Int?
    /// Bytes that are still to be taken out, once nobody writes any more; nil before.
    var due: Int?
  }

  /// Opens the pipes of an attempt.
  /// - Parameter stored: what of each stream is stored already.
  init(
    of pipes: UnitPipes, stored: [OutputStream: Int64], limit: Int64, watches: ProcessWatches, view: PipeView
  ) throws(SystemError) {
    self.watches = watches
    self.view = view
    storedBytes = stored.values.reduce(0, +)
    room = max(0, limit - storedBytes)
    ledger = try Descriptor.open(pipes.record, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    do throws(SystemError) {
      for stream in OutputStream.allCases {
        let descriptor = try NamedPipe.openReader(pipes.path(of: stream))
        do throws(SystemError) {
          streams[stream] = Stream(
            descriptor: descriptor,
            token: try watches.add(descriptor, for: [.read, .edge], as: .output(pipes.id, stream)),
            record: UnitRecord(of: stream, in: ledger))
        } catch {
          Descriptor.close(descriptor)
          throw error
        }
        settle(stream, stored: stored[stream] ?? 0)
      }
    } catch {
      close()
      throw error
    }
  }

  /// Closes the pipes and leaves what is in them.
  func close() {
    for stream in streams.values {
      watches.remove(stream.token)
      Descriptor.close(stream.descriptor)
    }
    guard !isClosed else { return }
    isClosed = true
    Descriptor.close(ledger)
    streams = [:]
  }

  private var isClosed = false

  /// Whether everything is taken out of the pipes, after ``finish()``.
  var isComplete: Bool { streams.values.allSatisfy { $0.taken == nil && ($0.due ?? 1) <= 0 } }

  /// Whether anything was ever written, as far as it was seen.
  var isEmpty: Bool { storedBytes == 0 && droppedBytes == 0 }

  /// Whether something is in the pipes now.
  var isWaiting: Bool { streams.values.contains { Descriptor.bytesWaiting(in: $0.descriptor) > 0 } }

  /// Nobody writes any more: what is in the pipes now is all, however many others still hold them.
  func finish() {
    for name in OutputStream.allCases {
      guard let stream = streams[name], stream.due == nil else { continue }
      streams[name]?.due = Descriptor.bytesWaiting(in: stream.descriptor)
    }
  }

  /// Whether a stream has the beginning of a line and nothing with the sink: it is to be looked at again, unasked.
  func isHolding(_ name: OutputStream) -> Bool {
    guard let stream = streams[name], stream.taken == nil, stream.due == nil else { return false }
    return Descriptor.bytesWaiting(in: stream.descriptor) > 0
  }

  /// The next piece of a stream; nil if one is with the sink, or there is nothing to hand over.
  /// - Parameter isLate: whether the beginning of a line goes out without its end.
  func take(_ name: OutputStream, at instant: Instant, isLate: Bool = false) -> Piece? {
    while let stream = streams[name], stream.taken == nil {
      let size = view.look(into: watches.buffer, at: stream.descriptor)
      let seen = UnsafeRawBufferPointer(rebasing: watches.buffer[..<size])
      let whole = whole(seen, of: stream, isLate: isLate)
      guard whole > 0 else {
        // What was counted and is not there was read by the job itself, which holds the pipe for reading too.
        if size == 0, stream.due != nil { streams[name]?.due = 0 }
        return nil
      }
      let kept = Int(min(Int64(whole), room))
      room -= Int64(kept)
      streams[name]?.taken = whole
      guard kept > 0 else {
        takeOut(name, kept: 0, isStored: true)
        continue
      }
      streams[name]?.record.stored = stored(of: name)
      streams[name]?.record.pending = Int64(whole)
      streams[name]?.record.digest = UnitRecord.digest(of: UnsafeRawBufferPointer(rebasing: seen[..<whole]))
      write(name)
      var lines = ProcessLines(of: name)
      var gathered: [OutputLine] = []
      lines.take(UnsafeRawBufferPointer(rebasing: seen[..<kept]), at: instant, into: &gathered)
      lines.close(at: instant, into: &gathered)
      return Piece(stream: name, lines: gathered, kept: kept)
    }
    return nil
  }

  /// The sink has answered for the piece of a stream.
  func answered(_ piece: Piece, isStored: Bool) {
    guard streams[piece.stream]?.taken != nil else { return }
    takeOut(piece.stream, kept: piece.kept, isStored: isStored)
  }

  /// How many of the bytes at the head of a pipe go out together: whole lines; everything that is seen, if nothing follows,
  /// nothing else would fit, no more can be seen, or it was waited for long enough.
  private func whole(_ seen: UnsafeRawBufferPointer, of stream: Stream, isLate: Bool) -> Int {
    if let due = stream.due { return min(seen.count, due) }
    if let newline = seen.lastIndex(of: UInt8(ascii: "\n")) { return newline + 1 }
    return isLate || seen.count == watches.buffer.count || NamedPipe.isFull(stream.descriptor) ? seen.count : 0
  }

  private func takeOut(_ name: OutputStream, kept: Int, isStored: Bool) {
    guard let stream = streams[name], let taken = stream.taken else { return }
    view.discard(taken, from: stream.descriptor)
    streams[name]?.taken = nil
    streams[name]?.due = stream.due.map { $0 - taken }
    if isStored {
      storedBytes += Int64(kept)
      storedByStream[name, default: 0] += Int64(kept)
    }
    streams[name]?.record.dropped += Int64(isStored ? taken - kept : taken)
    streams[name]?.record.stored = stored(of: name)
    streams[name]?.record.settle()
    write(name)
  }

  private var storedByStream: [OutputStream: Int64] = [:]
  private func stored(of name: OutputStream) -> Int64 { storedByStream[name] ?? 0 }

  /// A daemon before us may have died between the storing and the taking out of a piece: its bytes are stored, and may be
  /// in the pipe still.
  private func settle(_ name: OutputStream, stored: Int64) {
    storedByStream[name] = stored
    guard let stream = streams[name], stream.record.pending > 0 else { return }
    let pending = Int(stream.record.pending)
    let isStored = stored > stream.record.stored
    if isStored {
      let size = view.look(into: watches.buffer, at: stream.descriptor)
      let isThere =
        size >= pending
        && UnitRecord.digest(of: UnsafeRawBufferPointer(rebasing: watches.buffer[..<pending])) == stream.record.digest
      if isThere { view.discard(pending, from: stream.descriptor) }
      streams[name]?.record.dropped += stream.record.pending - (stored - stream.record.stored)
    }
    streams[name]?.record.stored = stored
    streams[name]?.record.settle()
    write(name)
  }

  private func write(_ name: OutputStream) {
    // A disk that is full costs nothing but the certainty after a crash, and the store says so itself.
    _ = streams[name]?.record.write(of: name, to: ledger)
  }
}
