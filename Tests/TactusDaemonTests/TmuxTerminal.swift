import Foundation
import TactusLinux
import TactusTestSupport
import Testing

/// A real terminal with a shell in it: a server of tmux of its own, which goes with this object.
final class TmuxTerminal: Sendable {
  private let tmux: Program
  private let socket: String

  private static let path = "/usr/bin/tmux"

  /// A shell whose prompt is `ready>`; the test is canceled where there is no tmux, unless `CI` says that it must be there.
  init(in daemon: RunningDaemon, columns: Int, rows: Int, environment: [String: String] = [:]) async throws {
    let variables = Program.baseEnvironment.merging(daemon.environment) { $1 }.merging(
      ["TERM": "xterm-256color", "HISTFILE": "", "TMUX_TMPDIR": daemon.directory]
    ) { $1 }.merging(environment) { $1 }
    tmux = Program(path: Self.path, environment: variables)
    // Another name each time, because the last server may still be on its way out.
    socket = "\(daemon.directory)/tmux-\(UUID().uuidString.prefix(8))"
    if !FileManager.default.isExecutableFile(atPath: Self.path), Program.baseEnvironment["CI"] == nil {
      try Test.cancel("there is no \(Self.path): scripts/setup installs it")
    }
    // A shell that nobody ends any more ends by itself: bash takes a hang-up for it.
    let shell = "timeout --foreground --signal=HUP 600 env PS1='ready> ' bash --norc --noprofile -i"
    try await order("new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", shell)
    try await expect("the prompt") { $0.last { !$0.isEmpty } == "ready>" }
  }

  deinit {
    guard let null = try? Descriptor.open("/dev/null", O_WRONLY) else { return }  // always there
    defer { Descriptor.close(null) }
    // What is left behind ends by itself.
    _ = try? tmux.start(["-S", socket, "kill-server"], output: null, error: null).waitForEnd(within: .seconds(10))
  }

  private struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a command of tmux; returns what it prints.
  @discardableResult
  func order(_ words: String...) async throws -> String {
    let ran = try await tmux.run(["-u", "-f", "/dev/null", "-S", socket] + words)
    guard ran.code == 0 else { throw Failed(description: "tmux \(words): \(ran.complaints)") }
    return ran.output
  }

  /// Types a line.
  func type(_ line: String) async throws { try await order("send-keys", line, "Enter") }

  /// Presses a key by its name: `q`, `C-c`.
  func press(_ key: String) async throws { try await order("send-keys", key) }

  func resize(columns: Int, rows: Int) async throws {
    try await order("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// What is to be seen now, without the blanks at the ends of rows.
  func screen() async throws -> [String] {
    try await order("capture-pane", "-p").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  /// Waits for a screen; fails with the last one.
  @discardableResult
  func expect(_ what: String, _ isRight: ([String]) -> Bool) async throws -> [String] {
    var last: [String] = []
    do {
      return try await eventually(what) {
        last = try await screen()
        return isRight(last) ? last : nil
      }
    } catch {
      Issue.record("never seen: \(what); the last screen was\n\(last.joined(separator: "\n"))")
      throw error
    }
  }

  /// The process that the shell waits for.
  func foregroundProcess() async throws -> Int {
    let shell = try await order("display-message", "-p", "#{pane_pid}").trimmingCharacters(in: .newlines)
    return try await eventually("a child of the shell is tactusctl") {
      var parent = shell
      while true {
        let children = try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)  // gone
        guard let child = children?.split(separator: " ").first else { return nil }
        let name = try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)  // gone
        if name == "tactusctl\n" { return Int(child) }
        parent = String(child)
      }
    }
  }
}
