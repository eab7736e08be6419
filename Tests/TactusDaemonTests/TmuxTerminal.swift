import Foundation
import TactusLinux
import TactusTestSupport
import Testing

/// A real terminal with a shell, in a separate tmux server that ends when this object is released.
final class TmuxTerminal: Sendable {
  private let tmux: Program
  private let socket: String

  private static let path = "/usr/bin/tmux"

  /// Starts a shell with the prompt `ready>`.
  ///
  /// Without tmux the test is canceled, or fails in CI.
  init(in daemon: RunningDaemon, columns: Int, rows: Int, environment: [String: String] = [:]) async throws {
    let variables = Program.baseEnvironment.merging(daemon.environment) { $1 }.merging(
      ["TERM": "xterm-256color", "HISTFILE": "", "TMUX_TMPDIR": daemon.directory]
    ) { $1 }.merging(environment) { $1 }
    tmux = Program(path: Self.path, environment: variables)
    // The name differs each time, because the last server may not have ended completely.
    socket = "\(daemon.directory)/tmux-\(UUID().uuidString.prefix(8))"
    if !FileManager.default.isExecutableFile(atPath: Self.path), Program.baseEnvironment["CI"] == nil {
      try Test.cancel("there is no \(Self.path): scripts/setup installs it")
    }
    // If no test ends the shell, the hang-up signal ends it after 10 min. An interactive bash ignores TERM.
    let shell = "timeout --foreground --signal=HUP 600 env PS1='ready> ' bash --norc --noprofile -i"
    try await order("new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", shell)
    try await expect("the prompt") { $0.last { !$0.isEmpty } == "ready>" }
  }

  deinit {
    guard let null = try? Descriptor.open("/dev/null", O_WRONLY) else { return }  // always there
    defer { Descriptor.close(null) }
    // If this fails, the shell ends by its time-out.
    _ = try? tmux.start(["-S", socket, "kill-server"], output: null, error: null).waitForEnd(within: .seconds(10))
  }

  private struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a command of tmux and returns its output.
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

  /// The visible rows, without trailing blanks.
  func screen() async throws -> [String] {
    try await order("capture-pane", "-p").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  /// Waits until the screen meets a condition.
  ///
  /// A failure shows the last screen.
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

  /// The `tactusctl` process in the foreground of the shell.
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
