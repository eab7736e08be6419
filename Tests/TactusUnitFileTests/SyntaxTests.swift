import TactusModel
import TactusUnitFile
import Testing

/// The rules of systemd.syntax(7), independent of the keys.
struct SyntaxTests {
  private func assignments(_ text: String) -> [String] {
    let (unit, problems) = UnitFile.read(Array(text.utf8), file: "a")
    #expect(problems.isEmpty)
    return unit.sections.flatMap { section in
      section.assignments.map { "\(section.name)/\($0.key)=\($0.value)@\($0.line)" }
    }
  }

  @Test("White space around sections, keys and values is removed, and kept inside")
  func plain() {
    #expect(assignments("  [A]  \n key = a  b \t\n\nx==y=\n[A]\nz=") == ["A/key=a  b@2", "A/x==y=@4", "A/z=@6"])
  }

  @Test("Comments begin with # or ; at the start of a line only, after white space")
  func comments() {
    #expect(assignments("# one\n; two\n  # three\n[A]\n\t; k=1\nk=v # no comment\n") == ["A/k=v # no comment@6"])
  }

  @Test("A backslash at the end joins lines with a space, and comments in between are skipped")
  func continuation() {
    #expect(
      assignments("[A]\nk=one\\\n# aside\\\n  two\\\n;aside\nthree\nl=4") == ["A/k=one   two three@2", "A/l=4@7"])
  }

  @Test("A continuation ends at a blank line, and at the end of the file")
  func continuationEnds() {
    #expect(assignments("[A]\nk=one\\\n\nl=2\nm=3\\") == ["A/k=one@2", "A/l=2@4", "A/m=3@5"])
  }

  @Test("An escaped backslash at the end of a line joins no lines")
  func escapedBackslash() {
    #expect(assignments("[A]\nk=one\\\\\nl=2\nm=1\\\\\\\n2") == ["A/k=one\\\\@2", "A/l=2@3", "A/m=1\\\\ 2@4"])
  }

  @Test("Windows line ends and a byte order mark are accepted")
  func foreignEditors() {
    #expect(assignments("\u{FEFF}[A]\r\nk=one\\\r\ntwo\r\n") == ["A/k=one two@2"])
  }

  @Test("A combining mark after = belongs to the value, not to the =")
  func combiningMark() {
    #expect(assignments("[A]\nk=\u{301}x") == ["A/k=\u{301}x@2"])
  }

  @Test("A file may have 256 KiB and not a byte more", arguments: [0, 1, 1 << 20])
  func size(_ surplus: Int) {
    let head = Array("[A]\n#".utf8)
    let bytes = head + Array(repeating: UInt8(ascii: "x"), count: Limits.unitFileBytes - head.count + surplus)
    let problems = UnitFile.read(bytes, file: "a").problems
    #expect(problems.isEmpty == (surplus == 0))
    if surplus > 0 {
      #expect(problems.map(\.line) == [0])
      #expect(problems.first?.message.contains("262144 bytes, which is the limit") == true)
    }
  }

  @Test("Bytes that are not UTF-8 are refused with their line, and the other lines are read")
  func notUTF8() {
    let bytes = Array("[A]\nk=".utf8) + [0xC3, 0x28] + Array("\nl=2\n".utf8) + [0xED, 0xA0, 0x80]
    let (unit, problems) = UnitFile.read(bytes, file: "a.workflow")
    #expect(
      problems.map(\.description) == [2, 4].map { "a.workflow:\($0): is not UTF-8. Save the file as plain UTF-8 text" })
    #expect(unit.sections.first?.assignments.map(\.key) == ["l"])
  }

  @Test("A file with many problems reports fifty, and counts the rest")
  func manyProblems() throws {
    let all = problems(of: try read("[Command]\n" + String(repeating: "nonsense\n", count: 1000)))
    #expect(all.count == Limits.unitFileProblems + 1)
    #expect(all.first?.line == 2)
    #expect(all.last?.description == "backup.workflow: has 950 more problems")
  }

  @Test("All problems of a file are reported at once, in line order")
  func collected() throws {
    let text =
      "[Workflow]\nPriority=high\nLock=a\nhello\n[Schedule]\nInterval=0\n[Heartbeat]\nEndpoint=x\nMethode=GET\n"
    #expect(problems(of: try read(text)).map(\.line) == [2, 3, 4, 6, 8, 9])
  }

  @Test("A misspelt key is not also reported as missing")
  func misspeltOnce() throws {
    #expect(problems(of: try read("[Command]\nExce=/bin/true\n")).map(\.line) == [2])
  }

  @Test("A refused value that contains # gets a hint that comments need their own line")
  func trailingComment() throws {
    let all = problems(of: try read("[Command]\nExec=/bin/true\nTimeout=1h   # one hour\n"))
    #expect(all.map { $0.message.hasSuffix("(a comment needs its own line)") } == [true])
  }

  @Test("A message is one line, even if a word has escaped newlines")
  func oneLine() throws {
    let all = problems(of: try read("[Command]\nExec=/bin/true\nEnvironment=a\\nb\\x1b\\u009b\n"))
    #expect(all.count == 1)
    let isPlain = all.allSatisfy { problem in
      problem.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    #expect(isPlain, "\(all)")
  }

  @Test("A message shows only the beginning of a long value")
  func abbreviated() throws {
    let all = problems(of: try read("[Command]\nExec=/bin/true\nTimeout=\(String(repeating: "x", count: 100_000))\n"))
    #expect(all.count == 1)
    #expect(all.allSatisfy { $0.message.utf8.count < 400 })
  }
}
