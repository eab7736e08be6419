import Foundation
import Glibc
import TactusLinux
import TactusTestSupport

/// A separate, real journal for one test, started by `Tests/systemd/journald`.
final class JournalLab: Sendable {
  private let lab: Laboratory
  private let directory: String

  init() async throws {
    directory = "/tmp/tactus-journal-\(UUID().uuidString.prefix(8))"
    lab = try await Laboratory("systemd/journald", [directory], litter: directory)
  }

  /// Sends a command to the lab: `pause`, `resume` or `sync`.
  func order(_ command: String) async throws { try await lab.order(command) }

  /// A program that runs where this journal is the machine's journal.
  func inside(_ program: Program, _ arguments: [String] = []) -> (program: Program, arguments: [String]) {
    (
      Program(path: "/usr/bin/nsenter", environment: program.environment),
      ["-m", "-t", "\(lab.process)", program.path] + arguments
    )
  }

  /// A service that runs where this journal is the machine's journal, started as systemd starts services.
  ///
  /// Standard error is connected to the journal, and `JOURNAL_STREAM` says so.
  func service(_ program: Program) -> (program: Program, arguments: [String]) {
    let start = #"JOURNAL_STREAM=$(stat --dereference --format=%d:%i /dev/stderr) exec "$0""#
    return inside(
      Program(path: "/usr/bin/systemd-cat", environment: program.environment),
      ["--identifier=tactusd", "sh", "-c", start, program.path])
  }

  /// The matching entries with all their fields, including every entry that was sent before this call.
  func entries(_ matches: String...) async throws -> [[String: Field]] {
    try await order("sync")
    let ran = try await Program(path: "/usr/bin/journalctl", environment: Program.baseEnvironment).run(
      ["--directory=\(directory)/journal", "--output=json", "--all", "--quiet"] + matches)
    guard ran.code == 0 else { throw Laboratory.Failed(ran.complaints) }
    return try ran.output.split(separator: "\n").map { line in
      try JSONDecoder().decode([String: Field].self, from: Data(line.utf8))
    }
  }

  /// A field's value: text, or bytes if it is not text.
  enum Field: Decodable, Equatable {
    case text(String)
    case bytes([UInt8])
    case absent

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {  // fails for bytes
        self = .text(text)
      } else if let bytes = try? container.decode([UInt8].self) {  // fails for null and for several values
        self = .bytes(bytes)
      } else {
        self = .absent
      }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
  }
}
