import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The output of one unit, from two named pipes to the sink.
///
/// Bytes stay in their pipe until the sink has stored them, so that a crash of the daemon loses none. The daemon copies
/// the content with tee(2) and hands over whole lines, one piece of each stream at a time. It removes them from the
/// pipe when they are stored.
///
/// An unfinished line stays in the pipe for a moment, unless it fills the pipe. It does not stay longer: Linux does not
/// notify a reader when a writer fills a pipe that was not empty, and the writer then blocks.
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

  /// A piece for the sink to store.
  struct Piece {
    let stream: OutputStream
    let lines: [OutputLine]
    /// The number of bytes in the lines, as the job wrote them.
    let kept: Int
  }

  private struct Stream {
    let descriptor: Int32
    let token: Poller.Token
    var record: UnitRecord
    /// Bytes at the head of the pipe that the sink has, or that are only counted; nil if no bytes are.
    var taken: Int?
    /// Bytes that remain to be taken out after the last writer; nil while there are writers.
    var due: Int?
  }

  /// Opens the pipes of an attempt.
  ///
  /// - Parameter stored: the bytes of each stream that are already stored.
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

  /// Closes the pipes without reading the rest.
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

  /// Whether everything was taken out of the pipes, after ``finish()``.
  var isComplete: Bool { streams.values.allSatisfy { $0.taken == nil && ($0.due ?? 1) <= 0 } }

  /// Whether nothing was ever written, as far as known.
  var isEmpty: Bool { storedBytes == 0 && droppedBytes == 0 }

  /// Whether the pipes contain data now.
  var isWaiting: Bool { streams.values.contains { Descriptor.bytesWaiting(in: $0.descriptor) > 0 } }

  /// Limits the output to the bytes that are in the pipes now, even if other processes still hold them.
  func finish() {
    for name in OutputStream.allCases {
      guard let stream = streams[name], stream.due == nil else { continue }
      streams[name]?.due = Descriptor.bytesWaiting(in: stream.descriptor)
    }
  }

  /// Whether a stream has an unfinished line and the sink owes nothing for it.
  ///
  /// It must then be looked at again.
  func isHolding(_ name: OutputStream) -> Bool {
    guard let stream = streams[name], stream.taken == nil, stream.due == nil else { return false }
    return Descriptor.bytesWaiting(in: stream.descriptor) > 0
  }

  /// The next piece of a stream; nil if the sink has one, or nothing is ready.
  ///
  /// - Parameter isLate: whether to return an unfinished line.
  func take(_ name: OutputStream, at instant: Instant, isLate: Bool = false) -> Piece? {
    while let stream = streams[name], stream.taken == nil {
      let size = view.look(into: watches.buffer, at: stream.descriptor)
      let seen = UnsafeRawBufferPointer(rebasing: watches.buffer[..<size])
      let whole = whole(seen, of: stream, isLate: isLate)
      guard whole > 0 else {
        // Counted bytes that are missing were read by the job itself, which also holds the pipe for reading.
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

  /// Handles the sink's answer for a piece.
  func answered(_ piece: Piece, isStored: Bool) {
    guard streams[piece.stream]?.taken != nil else { return }
    takeOut(piece.stream, kept: piece.kept, isStored: isStored)
  }

  /// How many bytes at the head of a pipe are handed over together: usually whole lines.
  ///
  /// It is everything visible if the output is final, the pipe or the buffer is full, or the rest was waited for long
  /// enough.
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

  /// Takes out a piece that an earlier daemon stored but did not take out before it died.
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
    // A full disk costs only certainty after a crash, and the store reports it.
    _ = streams[name]?.record.write(of: name, to: ledger)
  }
}
