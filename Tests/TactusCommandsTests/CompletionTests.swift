import Foundation
import TactusTestSupport
import Testing

@testable import TactusCommands

/// The proposals of each shell with the script that `tactusctl completion` prints.
@Suite("Completions")
struct CompletionTests {
  /// Lines up to the cursor, and the sorted proposals for the last word, without `--option=`.
  static let lines: [(line: String, proposals: [String])] = [
    ("ter", ["terminate"]),
    ("list-", ["list-jobs", "list-workflows"]),
    ("--json=", ["off", "pretty", "short"]),
    ("--json pr", ["pretty"]),
    ("completion ", ["bash", "fish", "zsh"]),
    ("list-jobs --s", ["--since", "--socket", "--status"]),
    ("status --no", ["--no-legend", "--no-pager"]),
    ("list-jobs --status=FA", ["FAILED"]),
    ("list-jobs --status=FAILED,P", ["FAILED,PENDING"]),
    ("list-jobs --status FAILED,P", ["FAILED,PENDING"]),
    ("list-jobs --trigger=", ["AUTOMATIC", "MANUAL"]),
    ("list-jobs --workflow=n", ["nightly"]),
    ("-q show-workflow n", ["nightly"]),
    ("run nightly ", []),
    ("run --at=2026-12-01T03:00:00Z n", ["nightly"]),
    ("run --at n", []),
    ("cat nightly n", ["nightly"]),
    ("logs d", ["deadbeef"]),
    ("logs n", ["nightly"]),
    ("list-jobs n", ["nightly"]),
    ("cancel 89abcdef 0", ["0badf00d"]),
    ("status ", []),
    ("nonsense ", []),
  ]

  private func name(_ proposal: String) -> String {
    let text = proposal.hasSuffix("=") ? String(proposal.dropLast()) : proposal
    return text.split(separator: "=").last.map(String.init) ?? text
  }

  private func script(_ shell: Shell, in directory: String) throws -> String {
    let path = "\(directory)/\(shell == .zsh ? "_tactusctl" : "tactusctl.\(shell.rawValue)")"
    try Data(CannedDaemon.run(["completion", shell.rawValue]).output.utf8).write(to: URL(filePath: path))
    return path
  }

  /// Splits a line into words as readline does: at blanks, and around runs of `=` and `:`.
  private func cut(_ line: String) -> [String] {
    var words = [""]
    for character in line {
      let isBreak = character == "=" || character == ":"
      let last = words[words.count - 1].last
      if character == " " {
        words.append("")
      } else if let last, isBreak != (last == "=" || last == ":") {
        words.append(String(character))
      } else {
        words[words.count - 1].append(character)
      }
    }
    return words
  }

  @Test("bash")
  func bash() async throws {
    let daemon = try CannedDaemon()
    let directory = TemporaryFile()
    let script = try script(.bash, in: directory.directory)
    var calls = ["source \(script)", "complete -p tactusctl"]
    for line in Self.lines.map({ "tactusctl \($0.line)" }) + [
      "tactusctl --socket=\(daemon.path) cat ni", "tactusctl cat ",
    ] {
      let words = cut(line).map { "'\($0)'" }.joined(separator: " ")
      if line == "tactusctl cat " { calls.append("TACTUS_SOCKET=/nonexistent") }
      calls.append(
        "COMP_LINE='\(line)' COMP_POINT=\(line.count) COMP_WORDS=(\(words)) COMP_CWORD=\(cut(line).count - 1)")
      calls.append("_tactusctl tactusctl; echo \"${COMPREPLY[*]}\"")
    }
    let ran = try ChildProgram.run(
      ["bash", "--norc", "--noprofile", "-u", "-c", calls.joined(separator: "\n")],
      environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.code == 0 && ran.complaints == "")
    var answers = ran.output.components(separatedBy: "\n").dropLast()
    #expect(answers.popFirst() == "complete -F _tactusctl tactusctl")
    for (line, proposals) in Self.lines + [("--socket=PATH cat ni", ["nightly"]), ("cat (without a daemon)", [])] {
      let answer = answers.popFirst() ?? "nothing"
      #expect(answer.split(separator: " ").map { name(String($0)) }.sorted() == proposals, "\(line)")
    }
    #expect(answers.isEmpty)
    await daemon.stop()
  }

  @Test("bash completes lines typed at a terminal")
  func typedBash() async throws {
    let daemon = try CannedDaemon()
    let directory = TemporaryFile()
    let script = try script(.bash, in: directory.directory)
    let start = """
      source \(script); PS1='rea''dy '; show() { echo "line<$READLINE_LINE>"; }; bind -x '"\\C-g": show'

      """
    let shown = try ChildProgram.onTerminal(
      ["bash", "--norc", "--noprofile", "-i"], environment: ["TACTUS_SOCKET": daemon.path],
      [.type(start), .expect("ready ")] + typed(promptsAgain: true))
    #expect(shown.missing == nil && shown.code == 0, "\(shown.screen)")
    await daemon.stop()
  }

  /// Lines with one proposal each, and their completion: C-g shows the line, C-u removes it.
  ///
  /// Input that is typed while bash shows the line would be read by the terminal, so the steps wait for the prompt.
  private func typed(promptsAgain: Bool) -> [ChildProgram.Step] {
    [
      ("tactusctl list-w", "tactusctl list-workflows "),
      ("tactusctl list-jobs --workflow=n", "tactusctl list-jobs --workflow=nightly "),
      ("tactusctl list-jobs --sta", "tactusctl list-jobs --status="),
      ("tactusctl list-jobs --status=FAILED,Q", "tactusctl list-jobs --status=FAILED,QUEUED"),
      ("tactusctl logs dead", "tactusctl logs deadbeef "),
      ("tactusctl --json=pr", "tactusctl --json=pretty "),
    ].flatMap { line, completed in
      [.type("\(line)\t\u{7}"), .expect("line<\(completed)")] + (promptsAgain ? [.expect("ready ")] : [])
        + [.type("\u{15}")]
    } + [.type("exit\n")]
  }

  @Test("zsh completes lines typed at a terminal")
  func zsh() async throws {
    try ChildProgram.require("zsh")
    let daemon = try CannedDaemon()
    let directory = TemporaryFile()
    let script = try script(.zsh, in: directory.directory)
    let syntax = try ChildProgram.run(["zsh", "-n", script])
    #expect(syntax.code == 0 && syntax.complaints == "")
    let start = """
      fpath=(\(directory.directory) $fpath); autoload -Uz compinit; compinit -u -D; bindkey -e; PROMPT='rea''dy '
      show() { zle -M "line<$BUFFER>" }; zle -N show; bindkey '^G' show

      """
    try Data(start.utf8).write(to: URL(filePath: "\(directory.directory)/.zshrc"))
    let shown = try ChildProgram.onTerminal(
      ["zsh", "-d", "-i"], environment: ["TACTUS_SOCKET": daemon.path, "ZDOTDIR": directory.directory],
      [.expect("ready ")] + typed(promptsAgain: false))
    #expect(shown.missing == nil && shown.code == 0, "\(shown.screen)")
    await daemon.stop()
  }

  @Test("fish")
  func fish() async throws {
    try ChildProgram.require("fish")
    let daemon = try CannedDaemon()
    let directory = TemporaryFile()
    let script = try script(.fish, in: directory.directory)
    let syntax = try ChildProgram.run(["fish", "-n", script])
    #expect(syntax.code == 0 && syntax.complaints == "")
    let environment = ["TACTUS_SOCKET": daemon.path, "HOME": directory.directory]
    let calls = ["source \(script)"] + Self.lines.map { "complete -C 'tactusctl \($0.line)'; echo ." }
    let ran = try ChildProgram.run(
      ["fish", "--no-config", "-c", calls.joined(separator: "\n")], environment: environment)
    #expect(ran.code == 0 && ran.complaints == "")
    let answers = ran.output.components(separatedBy: ".\n").dropLast().map { answer in
      answer.split(separator: "\n").map { name(String($0.split(separator: "\t")[0])) }.sorted()
    }
    #expect(answers.count == Self.lines.count)
    for ((line, proposals), answer) in zip(Self.lines, answers) { #expect(answer == proposals, "\(line)") }
    await daemon.stop()
  }

  @Test("completion refuses an unknown shell and names the known ones")
  func unknown() {
    let ran = CannedDaemon.run(["completion", "ksh"])
    #expect(ran.code == 2)
    #expect(
      ran.complaints == "tactusctl: ksh is not a supported shell. Use bash, zsh or fish.\n")
  }
}
