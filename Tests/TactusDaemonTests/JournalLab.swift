import Foundation
import Glibc
import TactusLinux

/// A real journal of its own for one test: `Tests/systemd/journald`.
final class JournalLab: Sendable {
  private let process: Process
  private let input: FileHandle
  private let output: FileHandle
  private let directory: String

  /// A skipped laboratory is a failure where it must not be skipped.
  static let isPossible: Bool = {
    if getuid() == 0 { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError("the tests of the journal need root") }
    print("SKIPPED: the tests of the journal need root, for namespaces and mounts")
    return false
  }()

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  init() throws {
    directory = "/tmp/tactus-journal-\(UUID().uuidString.prefix(8))"
    process = Process()
    process.executableURL = URL(filePath: "\(Program.project)/Tests/systemd/journald")
    process.arguments = [directory]
    let (toLab, fromLab) = (Pipe(), Pipe())
    process.standardInput = toLab
    process.standardOutput = fromLab
    input = toLab.fileHandleForWriting
    output = fromLab.fileHandleForReading
    try process.run()
    let answer = line()
    guard answer.hasPrefix("ready") else { throw Failed(description: answer) }
  }

  deinit {
    // Ends the lab, whatever it is doing.
    try? input.close()
    process.waitUntilExit()
    // A directory that is left in /tmp fails no test.
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Has the lab do something: `pause`, `resume`, `sync`.
  func order(_ command: String) throws {
    input.write(Data("\(command)\n".utf8))
    let answer = line()
    guard answer.hasPrefix("ok") else { throw Failed(description: answer) }
  }

  /// A program where this journal is the machine's.
  func inside(_ program: Program, _ arguments: [String] = []) -> (program: Program, arguments: [String]) {
    (
      Program(path: "/usr/bin/nsenter", environment: program.environment),
      ["-m", "-t", "\(process.processIdentifier)", program.path] + arguments
    )
  }

  /// A service where this journal is the machine's, started as systemd does: standard error leads there, and it is told so.
  func service(_ program: Program) -> (program: Program, arguments: [String]) {
    let start = #"JOURNAL_STREAM=$(stat --dereference --format=%d:%i /dev/stderr) exec "$0""#
    return inside(
      Program(path: "/usr/bin/systemd-cat", environment: program.environment),
      ["--identifier=tactusd", "sh", "-c", start, program.path])
  }

  /// The entries that match, with all their fields; those that were sent before are in it.
  func entries(_ matches: String...) async throws -> [[String: Field]] {
    try order("sync")
    let ran = try await Program(path: "/usr/bin/journalctl", environment: Program.baseEnvironment).run(
      ["--directory=\(directory)/journal", "--output=json", "--all", "--quiet"] + matches)
    guard ran.code == 0 else { throw Failed(description: ran.complaints) }
    return try ran.output.split(separator: "\n").map { line in
      try JSONDecoder().decode([String: Field].self, from: Data(line.utf8))
    }
  }

  /// A field's value: text, or bytes where it is none.
  enum Field: Decodable, Equatable {
    case text(String)
    case bytes([UInt8])
    case absent

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {  // else it is the other
        self = .text(text)
      } else if let bytes = try? container.decode([UInt8].self) {  // else it is null, or several
        self = .bytes(bytes)
      } else {
        self = .absent
      }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
  }

  private func line() -> String {
    var bytes: [UInt8] = []
    while let byte = output.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
