import Foundation
import Synchronization
import TactusTestSupport
import Testing

/// All tests on a machine with a real systemd.
///
/// They run one at a time: each observes a whole machine, and two machines would share the processors of this one.
/// A file adds its suite in an extension:
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

/// A separate machine for one test, which `Tests/systemd/lab` boots with systemd-nspawn.
///
/// It runs Debian with systemd as process 1, journald, D-Bus and polkit, but has no network. It boots in less than a
/// second, so no test has to share one. Commands run as root unless a user is named. A reboot empties /run and /tmp.
/// When this object is released, the machine is removed.
final class ServiceLab: Sendable {
  /// The top of the source tree.
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private let lab: Laboratory
  private let last = Atomic(0)
  private let sending = Mutex(())
  private let waiting = Mutex<[Int: CheckedContinuation<Answer, any Error>]?>([:])

  /// Boots a machine without Tactus.
  init() async throws {
    lab = try await Laboratory("systemd/lab", ["boot", "\(Self.project)/.build-lab/root"])
    lab.forEachLine { [weak self] line in
      if let line { self?.take(line) } else { self?.fail() }
    }
  }

  // MARK: Requests

  /// A request to the lab, documented at the top of `Tests/systemd/lab`.
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

  /// The result of a command that has ended.
  struct Ran: Sendable {
    var command: String
    /// The exit code, or 124 after the time limit.
    var code: Int
    var output: String
    var errors: String

    /// Returns the output, or throws the exit code and all output if the code is not 0.
    @discardableResult
    func expectSuccess() throws -> String {
      guard code == 0 else { throw Laboratory.Failed("\(command): exit code \(code)\n\(output)\(errors)") }
      return output
    }
  }

  /// Runs a program on the machine.
  ///
  /// Several programs may run at once.
  ///
  /// - Parameter user: the account that runs it, with all its groups, or nil for root.
  func run(
    _ command: [String], as user: String? = nil, input: String? = nil, within limit: Duration = patience
  ) async throws -> Ran {
    let answer = try await ask(Request(run: command, seconds: limit / .seconds(1), user: user, input: input))
    return Ran(
      command: command.joined(separator: " "), code: answer.code ?? -1, output: answer.output ?? "",
      errors: answer.errors ?? "")
  }

  /// Runs a shell script up to the first command that fails, and returns its output without the last newlines.
  ///
  /// - Throws: ``Laboratory/Failed`` with the complete output if the exit code is not 0.
  @discardableResult
  func shell(_ script: String, as user: String? = nil, within limit: Duration = patience) async throws -> String {
    try await run(["sh", "-ec", script], as: user, within: limit).expectSuccess().trimmingCharacters(in: .newlines)
  }

  /// Copies a file to the machine and creates missing folders.
  func copy(_ file: String, to path: String, mode: String = "0644") async throws {
    _ = try await ask(Request(copy: file, to: path, mode: mode))
  }

  /// Writes a file on the machine and creates missing folders.
  func write(_ path: String, _ text: String, mode: String = "0644") async throws {
    try await run(["install", "-D", "--mode=\(mode)", "/dev/stdin", path], input: text).expectSuccess()
  }

  /// Reboots the machine cleanly and returns when it is up again.
  func reboot() async throws { _ = try await ask(Request(reboot: true)) }

  /// Kills all processes at once, as a power cut would end them, and boots the machine again.
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
