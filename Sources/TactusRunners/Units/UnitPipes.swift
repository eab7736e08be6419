import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The files of a unit: a named pipe for each stream, the record of bytes taken out, and the permit to start it.
///
/// They are in a directory that only the daemon enters. Others reach a pipe only by a descriptor that they were given.
struct UnitPipes {
  let directory: String
  let id: JobID

  func path(of stream: OutputStream) -> String { "\(directory)/tactus-\(id).\(stream.rawValue)" }
  var record: String { "\(directory)/tactus-\(id).taken" }

  /// The file of the variables that override those from files.
  var environment: String { "\(directory)/tactus-\(id).environment" }

  /// The file that systemd requires at the start.
  ///
  /// It is removed afterwards, so that nobody can start the unit again.
  var permit: String { "\(directory)/tactus-\(id).permit" }

  /// Allows systemd to start the unit.
  func permitStart() throws(SystemError) {
    Descriptor.close(try Descriptor.open(permit, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600))
  }

  /// Prevents another start.
  func forbidStart() { unlink(permit) }

  /// Writes the variables so that only systemd and the daemon can read them.
  func write(environment text: String) throws(SystemError) {
    let descriptor = try Descriptor.open(environment, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    defer { Descriptor.close(descriptor) }
    let bytes = Array(text.utf8)
    let size = Glibc.write(descriptor, bytes, bytes.count)
    let code = errno
    guard size == bytes.count else { throw SystemError(code: code, operation: "write", subject: environment) }
  }

  /// Whether the attempt was handed to systemd, or was about to be.
  ///
  /// Also false if somebody removed the pipes.
  var exist: Bool { access(path(of: .stdout), F_OK) == 0 }

  /// Creates the pipes, or finds those of an earlier daemon.
  func make() throws {
    try PipeDirectory(at: directory).make()
    for stream in OutputStream.allCases { try NamedPipe.make(path(of: stream)) }
  }

  func remove() {
    for path in OutputStream.allCases.map(path(of:)) + [record, environment, permit] { unlink(path) }
  }

  /// The attempts that have files in a directory.
  static func owners(in directory: String) -> [JobID] {
    guard let entries = opendir(directory) else { return [] }
    defer { closedir(entries) }
    var owners: Set<JobID> = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasPrefix("tactus-"), let dot = name.firstIndex(of: ".") else { continue }
      if let id = JobID(String(name[name.index(name.startIndex, offsetBy: 7)..<dot])) { owners.insert(id) }
    }
    return owners.sorted()
  }
}

/// Records which bytes of a stream are stored, and which are being stored.
///
/// The next daemon uses it to decide whether the bytes at the head of the pipe are already stored. It is written before
/// bytes go to the store, and again when they leave the pipe. It need not survive a power cut, because neither the pipe
/// nor the job does.
struct UnitRecord {
  /// Bytes stored before the pending ones.
  var stored: Int64 = 0
  /// Bytes handed to the store, to be taken out of the pipe when it has answered; 0 if nothing is pending.
  var pending: Int64 = 0
  /// The digest of the pending bytes.
  var digest: UInt64 = 0
  /// Bytes counted but not stored.
  var dropped: Int64 = 0

  /// Clears the pending bytes.
  mutating func settle() { (pending, digest) = (0, 0) }

  /// The number by which two pieces of output are compared.
  static func digest(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(bytes)
    return fingerprint.value
  }

  /// Reads the record of a stream; an empty one if it is missing.
  init(of stream: OutputStream, in descriptor: Int32) {
    var words: [UInt64] = [0, 0, 0, 0]
    let size = words.count * MemoryLayout<UInt64>.size
    guard words.withUnsafeMutableBytes({ pread(descriptor, $0.baseAddress, size, Self.offset(of: stream)) }) == size
    else { return }
    // Damaged, because no job writes that much.
    guard (words[..<2] + words[3...]).allSatisfy({ $0 < 1 << 60 }) else { return }
    (stored, pending) = (Int64(bitPattern: words[0]), Int64(bitPattern: words[1]))
    (digest, dropped) = (words[2], Int64(bitPattern: words[3]))
  }

  /// Writes the record.
  ///
  /// Returns false on failure.
  func write(of stream: OutputStream, to descriptor: Int32) -> Bool {
    let words = [UInt64(bitPattern: stored), UInt64(bitPattern: pending), digest, UInt64(bitPattern: dropped)]
    let size = words.count * MemoryLayout<UInt64>.size
    return words.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, size, Self.offset(of: stream)) } == size
  }

  private static func offset(of stream: OutputStream) -> Int { stream == .stdout ? 0 : 64 }
}
