import TactusModel
import TactusSimulation
import TactusTestSupport
import TactusUnitFile
import Testing

/// The canonical text, which decides whether two definitions are the same generation, and the difference of two texts.
struct CanonicalTests {
  private static let files = [
    "[Command]\nExec=/bin/true\n",
    "# why\n\n[Workflow]\n  Description = Änderung  x \nPriority=3\nPriority=\n[Schedule]\nInterval=1h 30min\n"
      + "[Command]\nExec=/bin/echo \\\n  one \\\n# two\n  three\nEnvironment=A=1\nEnvironment=\nEnvironment=B='2 3'\n",
    "[Workflow]\nDescription=ends in a backslash \\ \n[Command]\nExec=/bin/true\n",
    "[Workflow]\nDescription=ends in two \\\\\n[Command]\nExec=/bin/true\n",
    "[Workflow]\nDescription=\\\n  # not a comment any more?\n  [x]\n[Command]\nExec=/bin/true\n",
    "[Heartbeat]\nEndpoint=http://localhost/\nHeader=A: b\nHeader=C: d\nExpectedStatus=200\nExpectedStatus=300-399\n",
    "[Heartbeat]\r\nEndpoint=http://localhost/?#x\r\nHeader=A:b;c=\"d\"\r\nExpectedStatus=200 204-299\r\n"
      + "[Workflow]\r\nMaxConsecutiveFailures=7\r\n[Heartbeat]\r\nTimeout=4s\r\n",
  ]

  @Test("Reading the canonical text gives the same definition and the same canonical text", arguments: files)
  func roundTrip(_ text: String) throws {
    var first = try read(text).get()
    var second = try read(first.canonical).get()
    #expect(second.canonical == first.canonical)
    (first.text, second.text) = ("", "")
    #expect(second == first)
  }

  @Test("Comments, blank lines, indentation, line ends and resets are not edits")
  func insensitive() throws {
    let plain = try read("[Workflow]\nPriority=1\n[Command]\nExec=/bin/true x\n").get()
    let adorned = try read(
      "# Mine\n\n [Workflow]\r\nPriority=9\nPriority =\nPriority= 1\n\n[Command]\n; x\nExec = /bin/true x  \n"
    )
    .get()
    #expect(adorned.canonical == plain.canonical)
    #expect(plain.canonical == "[Workflow]\nPriority=1\n[Command]\nExec=/bin/true x\n")
  }

  @Test("Any other value is an edit")
  func sensitive() throws {
    let one = try read("[Command]\nExec=/bin/true\nTimeout=60\n").get()
    let two = try read("[Command]\nExec=/bin/true\nTimeout=61\n").get()
    #expect(one.canonical != two.canonical)
  }

  @Test("A difference names section, key, old and new value, in file order")
  func difference() throws {
    let old = "[Workflow]\nPriority=1\n[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\nTimeout=5s\n"
    let new = "[Schedule]\nInterval=2h\n[Command]\nExec=/bin/true\nEnvironment=A=b\nTimeout=5s\n"
    #expect(
      DefinitionDifference(from: old, to: new).lines == [
        "-[Workflow] Priority=1", "-[Schedule] Interval=1h", "+[Schedule] Interval=2h", "+[Command] Environment=A=b",
      ])
    #expect(DefinitionDifference(from: old, to: old).lines.isEmpty)
    #expect(DefinitionDifference(from: "", to: "[A]\nb=c\n").lines == ["+[A] b=c"])
    #expect(DefinitionDifference(from: "[A]\nb=c\n", to: "").lines == ["-[A] b=c"])
  }

  @Test("A key that moves to another section is a difference")
  func movedKey() {
    #expect(
      DefinitionDifference(from: "[A]\nk=1\n[B]\n", to: "[A]\n[B]\nk=1\n").lines == ["-[A] k=1", "+[B] k=1"])
  }

  @Test("Applying a difference to the old text gives the new one", arguments: 0..<50 as Range<UInt64>)
  func applies(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func text() -> [String] {
      (0..<Int.random(in: 0...12, using: &generator)).map { _ in "[A] k=\(Int.random(in: 0...5, using: &generator))" }
    }
    let (old, new) = (text(), text())
    let canonical = { (lines: [String]) in lines.map { "[A]\n\($0.dropFirst(4))\n" }.joined() }
    let lines = DefinitionDifference(from: canonical(old), to: canonical(new)).lines
    let removed = lines.filter { $0.first == "-" }.map { String($0.dropFirst()) }
    let added = lines.filter { $0.first == "+" }.map { String($0.dropFirst()) }
    #expect((old + added).sorted() == (new + removed).sorted(), "seed \(seed)")
    #expect(removed.count <= old.count && added.count <= new.count)
  }

  @Test("Two giant texts are compared in moderate time")
  func giant() {
    let text = { (word: String) in "[A]\n" + (0..<20_000).map { "\(word)\($0)=\(word)\n" }.joined() }
    #expect(DefinitionDifference(from: text("a"), to: text("b")).lines.count == 40_000)
  }
}
