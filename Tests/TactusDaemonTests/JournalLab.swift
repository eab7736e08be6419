import Foundation
import Glibc
import TactusLinux
import TactusTestSupport

/// A real journal of its own for one test: `Tests/systemd/journald`.
final class JournalLab: Sendable {
  private let lab: Laboratory
  private let directory: String

  init() async throws {
    directory = "/tmp/tactus-journal-\(UUID().uuidString.prefix(8))"
    lab = try await Laboratory("systemd/journald", [directory], litter: directory)
  }

  /// Has the lab do something: `pause`, `resume`, `sync`.
  func order(_ command: String) async throws { try await lab.order(command) }

  /// A program where this journal is the machine's.
  func inside(_ program: Program, _ arguments: [String] = []) -> (program: Program, arguments: [String]) {
    (
      Program(path: "/usr/bin/nsenter", environment: program.environment),
      ["-m", "-t", "\(lab.process)", program.path] + arguments
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
    try await order("sync")
    let ran = try await Program(path: "/usr/bin/journalctl", environment: Program.baseEnvironment).run(
      ["--directory=\(directory)/journal", "--output=json", "--all", "--quiet"] + matches)
    guard ran.code == 0 else { throw Laboratory.Failed(ran.complaints) }
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
}
