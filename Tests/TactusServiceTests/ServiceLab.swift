import Foundation
import Synchronization
import TactusTestSupport
import Testing

/// All that is tried on a machine with a real systemd.
///
/// One test at a time: each looks at how a whole machine behaves, and two of them would share this one's processors. A file adds its
/// suite in an extension:
///
///     extension OnMachine {
///       @Suite("The journal")
///       struct JournalTests {
///         @Test("…")
///         func lines() async throws {
///           let machine = try await ServiceLab.installed()
///           try await machine.define("job", "[Command]\nExec=/bin/echo hello\n")
///           try await machine.control("run", "job", "--wait").expectSuccess()
///           #expect(try await machine.journal("--identifier=job").map(\.message) == ["hello"])
///         }
///       }
///     }
@Suite("On a machine with systemd", .serialized, .enabled(if: Laboratory.isPossible))
enum OnMachine {}

/// A machine of its own for one test, `Tests/systemd/lab`: Debian, systemd as process 1, journald, D-Bus, polkit, no network.
///
/// It boots in less than a second, so no test has to share one, and goes with this object. It runs as root what it is told to run.
/// What it has in /run and /tmp goes with a reboot, everything else with the machine.
final class ServiceLab: Sendable {
  /// The top of the source tree.
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private let lab: Laboratory
  private let last = Atomic(0)
  private let sending = Mutex(())
  private let waiting = Mutex<[Int: CheckedContinuation<Answer, any Error>]?>([:])

  /// Boots a machine on which nothing of Tactus is.
  init() async throws {
    lab = try await Laboratory("systemd/lab", ["boot", "\(Self.project)/.build-lab/root"])
    lab.forEachLine { [weak self] line in
      if let line { self?.take(line) } else { self?.fail() }
    }
  }

  // MARK: Requests

  /// What the lab is asked; see its head.
  private struct Request: Encodable {
    var id = 0
    var run: [String]?
    var seconds: Double?
    var user: String?
    var input: String?
    var copy: String?
    var to: String?
    var mode: String?
    var reboot: Bool?
    var reset: Bool?
  }

  private struct Answer: Decodable {
    var id: Int
    var code: Int?
    var output: String?
    var errors: String?
    var failed: String?
  }

  /// What became of a command.
  struct Ran: Sendable {
    var command: String
    /// The exit code; 124 when it took too long.
    var code: Int
    var output: String
    var errors: String

    /// Throws all that is known unless the exit code is 0; answers the output.
    @discardableResult
    func expectSuccess() throws -> String {
      guard code == 0 else { throw Laboratory.Failed("\(command): exit code \(code)\n\(output)\(errors)") }
      return output
    }
  }

  /// Runs a program on the machine; several may run at once.
  /// - Parameter user: who runs it, with all groups; nil for root.
  func run(
    _ command: [String], as user: String? = nil, input: String? = nil, within limit: Duration = patience
  ) async throws -> Ran {
    let answer = try await ask(Request(run: command, seconds: limit / .seconds(1), user: user, input: input))
    return Ran(
      command: command.joined(separator: " "), code: answer.code ?? -1, output: answer.output ?? "",
      errors: answer.errors ?? "")
  }

  /// Runs a script of sh, which ends at the first command that fails, and answers its output without the last newlines.
  /// - Throws: ``Laboratory/Failed`` with everything that was printed, unless the exit code is 0.
  @discardableResult
  func shell(_ script: String, as user: String? = nil, within limit: Duration = patience) async throws -> String {
    try await run(["sh", "-ec", script], as: user, within: limit).expectSuccess().trimmingCharacters(in: .newlines)
  }

  /// Copies a file of this machine to the other, into folders that are made for it.
  func copy(_ file: String, to path: String, mode: String = "0644") async throws {
    _ = try await ask(Request(copy: file, to: path, mode: mode))
  }

  /// Writes a file on the machine, into folders that are made for it.
  func write(_ path: String, _ text: String, mode: String = "0644") async throws {
    try await run(["install", "-D", "--mode=\(mode)", "/dev/stdin", path], input: text).expectSuccess()
  }

  /// Reboots as a person would; returns when everything is up again.
  func reboot() async throws { _ = try await ask(Request(reboot: true)) }

  /// Ends everything as a power cut would, and boots again.
  func cutPower() async throws { _ = try await ask(Request(reset: true)) }

  private func ask(_ request: Request) async throws -> Answer {
    var request = request
    let id = last.add(1, ordering: .relaxed).newValue
    request.id = id
    let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
    let answer = try await withCheckedThrowingContinuation { continuation in
      let isOver = waiting.withLock { waiting in
        waiting?[id] = continuation
        return waiting == nil
      }
      if isOver { return continuation.resume(throwing: Laboratory.Failed("the machine is gone")) }
      sending.withLock { _ in lab.send(line) }
    }
    if let failed = answer.failed { throw Laboratory.Failed(failed) }
    return answer
  }

  private func take(_ line: String) {
    do {
      let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
      waiting.withLock { $0?.removeValue(forKey: answer.id) }?.resume(returning: answer)
    } catch {
      fatalError("the lab answered \(line): \(error)")
    }
  }

  private func fail() {
    let left = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? [:]
    }
    for continuation in left.values { continuation.resume(throwing: Laboratory.Failed("the machine is gone")) }
  }
}
