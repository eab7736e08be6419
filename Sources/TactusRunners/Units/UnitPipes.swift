import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The files of a unit: a named pipe for each stream of its output, the record of what was taken out of them, and the permit to
/// start it.
///
/// They lie in a directory that only the daemon enters, so that nobody reaches a pipe but by a descriptor that was handed
/// to him.
struct UnitPipes {
  let directory: String
  let id: JobID

  func path(of stream: OutputStream) -> String { "\(directory)/tactus-\(id).\(stream.rawValue)" }
  var record: String { "\(directory)/tactus-\(id).taken" }

  /// The variables that win over those of files.
  var environment: String { "\(directory)/tactus-\(id).environment" }

  /// What systemd looks for before it starts the unit: there up to the start, so that nobody can have it started again.
  var permit: String { "\(directory)/tactus-\(id).permit" }

  /// Lets systemd start the unit.
  func permitStart() throws(SystemError) {
    Descriptor.close(try Descriptor.open(permit, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600))
  }

  /// It was started.
  func forbidStart() { unlink(permit) }

  /// Writes the variables, for nobody but systemd and the daemon to read.
  func write(environment text: String) throws(SystemError) {
    let descriptor = try Descriptor.open(environment, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    defer { Descriptor.close(descriptor) }
    let bytes = Array(text.utf8)
    let size = Glibc.write(descriptor, bytes, bytes.count)
    let code = errno
    guard size == bytes.count else { throw SystemError(code: code, operation: "write", subject: environment) }
  }

  /// Whether the attempt was handed to systemd, or was about to be; false as well if they were removed by somebody.
  var exist: Bool { access(path(of: .stdout), F_OK) == 0 }

  /// Makes the pipes, or finds those that an earlier daemon made.
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

/// What of a stream is stored, and what is about to be: by it the next daemon knows whether bytes at the head of the pipe
/// are stored already.
///
/// Written before bytes are handed to the store, and again when they are taken out of the pipe. It need not survive a
/// power cut, because neither the pipe nor the job does.
struct UnitRecord {
  /// Bytes stored before the pending ones.
  var stored: Int64 = 0
  /// Bytes of which the store is asked to keep some: to be taken out of the pipe when it has answered; 0 for none.
  var pending: Int64 = 0
  /// Of the pending bytes.
  var digest: UInt64 = 0
  /// Bytes counted but not stored.
  var dropped: Int64 = 0

  /// Nothing is pending any more.
  mutating func settle() { (pending, digest) = (0, 0) }

  /// Tells whether two pieces of output are the same: FNV-1a, which is enough where nobody wants to deceive.
  static func digest(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Reads the record of a stream; an empty one if there is none.
  init(of stream: OutputStream, in descriptor: Int32) {
    var words: [UInt64] = [0, 0, 0, 0]
    let size = words.count * MemoryLayout<UInt64>.size
    guard words.withUnsafeMutableBytes({ pread(descriptor, $0.baseAddress, size, Self.offset(of: stream)) }) == size
    else { return }
    // Damage is no record: no job writes that much.
    guard (words[..<2] + words[3...]).allSatisfy({ $0 < 1 << 60 }) else { return }
    (stored, pending) = (Int64(bitPattern: words[0]), Int64(bitPattern: words[1]))
    (digest, dropped) = (words[2], Int64(bitPattern: words[3]))
  }

  /// Writes the record; false if that failed.
  func write(of stream: OutputStream, to descriptor: Int32) -> Bool {
    let words = [UInt64(bitPattern: stored), UInt64(bitPattern: pending), digest, UInt64(bitPattern: dropped)]
    let size = words.count * MemoryLayout<UInt64>.size
    return words.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, size, Self.offset(of: stream)) } == size
  }

  private static func offset(of stream: OutputStream) -> Int { stream == .stdout ? 0 : 64 }
}
