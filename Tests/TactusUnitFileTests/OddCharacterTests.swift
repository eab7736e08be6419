import TactusModel
import Testing

@testable import TactusUnitFile

@Suite("Invisible and misleading characters")
struct OddCharacterTests {
  @Test(
    "In a key, a section or a line the character is reported with its position and the correction",
    arguments: [
      (
        "[Command]\nEx\u{200B}ec=/bin/true\n", "U+200B ZERO WIDTH SPACE at character 3, which is invisible: delete it"
      ),
      ("[Command]\n\u{A0}Exec=/bin/true\n", "U+00A0 NO-BREAK SPACE at character 1, which is invisible: delete it"),
      ("[Command]\n\u{FEFF}Exec=/bin/true\n", "U+FEFF ZERO WIDTH NO-BREAK SPACE at character 1"),
      ("[Command]\nExec\u{AD}=/bin/true\n", "U+00AD SOFT HYPHEN at character 5"),
      ("[Command]\n\u{202E}Exec=/bin/true\n", "U+202E RIGHT-TO-LEFT OVERRIDE at character 1"),
      (
        "[Command]\nExec\u{FF1D}/bin/true\n",
        "U+FF1D FULLWIDTH EQUALS SIGN at character 5, which only looks like =: type that"
      ),
      (
        "[Command]\nE\u{445}ec=/bin/true\n",
        "U+0445 CYRILLIC SMALL LETTER HA at character 2, which is not allowed in a name: type the name again"
      ),
      ("[Comm\u{200D}and]\nExec=/bin/true\n", "U+200D ZERO WIDTH JOINER at character 5"),
      ("\u{200B}[Command]\nExec=/bin/true\n", "U+200B ZERO WIDTH SPACE at character 1"),
      (
        "\u{FF3B}Command]\nExec=/bin/true\n",
        "U+FF3B FULLWIDTH LEFT SQUARE BRACKET at character 1, which only looks like ["
      ),
      ("[Command]\nExec=/bin/true\n\u{2028}\n", "U+2028 LINE SEPARATOR at character 1"),
      ("[Command]\nExec=/bin/true\nTimeout=1h\u{A0}\n", "U+00A0 NO-BREAK SPACE at character 3"),
      ("[Command]\nExec=/bin/true\nTimeout=1\u{2060}h\n", "U+2060 WORD JOINER at character 2"),
      (
        "[Schedule]\nInterval=1\u{FF48}\n[Command]\nExec=/bin/true\n",
        "U+FF48 FULLWIDTH LATIN SMALL LETTER H at character 2"
      ),
      (
        "[Schedule]\nInterval=1h\nStartAt=2026\u{2013}12-01T03:00:00Z\n[Command]\nExec=/bin/true\n",
        "U+2013 EN DASH at character 5"
      ),
      ("[Command]\nExec=\u{2060}/bin/true\n", "U+2060 WORD JOINER at character 1"),
      ("[Command]\nExec=/bin/true\nPrivateTmp=yes\u{200E}\n", "U+200E LEFT-TO-RIGHT MARK at character 4"),
    ])
  func refused(_ text: String, _ words: String) throws {
    let found = problems(of: try read(text))
    #expect(found.contains { $0.message.contains(words) }, "\(found)")
  }

  @Test(
    "In a valid value the character gets a warning with its position",
    arguments: [
      (
        "Exec=/bin/true\u{A0}", 2,
        "Exec= has in word 1 U+00A0 NO-BREAK SPACE at character 10, which is invisible: delete it"
      ),
      ("Exec=/bin/echo a\u{A0}b", 2, "Exec= has in word 2 U+00A0 NO-BREAK SPACE at character 2"),
      (
        "Exec=/bin/echo \u{201C}hello world\u{201D}", 2,
        "Exec= has in word 2 U+201C LEFT DOUBLE QUOTATION MARK at character 1, which only looks like \": type that"
      ),
      (
        "Exec=/bin/ls \u{2013}l", 2,
        "Exec= has in word 2 U+2013 EN DASH at character 1, which only looks like -: type that"
      ),
      (
        "Exec=/bin/true\nEnvironment=A=\u{200B}b", 3,
        "Environment= has in word 1 U+200B ZERO WIDTH SPACE at character 3"
      ),
      (
        "Exec=/bin/true\nWorkingDirectory=/srv\u{200B}", 3,
        "WorkingDirectory= has U+200B ZERO WIDTH SPACE at character 5"
      ),
      ("Exec=/bin/true\nEnvironmentFile=/etc/x\u{AD}y", 3, "EnvironmentFile= has U+00AD SOFT HYPHEN at character 7"),
    ])
  func warned(_ assignments: String, _ line: Int, _ words: String) throws {
    let text = "[Command]\n\(assignments)\n"
    _ = try read(text).get()
    let found = OddCharacters.warnings(in: Array(text.utf8), file: "f")
    #expect(found.map(\.line) == [line] && found.first?.message.hasPrefix(words) == true, "\(found)")
  }

  @Test(
    "Text in quotes, letters of other scripts and descriptions get no warning",
    arguments: [
      "[Workflow]\nDescription=Sauvegarde\u{A0}! – „nachts“\n[Command]\nExec=/bin/true\n",
      "[Command]\nExec=/bin/echo 'terminée\u{A0}!' \"– ende\"\n", "[Command]\nExec=/bin/echo größe 日本語 a–b\n",
      "[Command]\n# a\u{A0}comment\nExec=/bin/true\nEnvironment=\"A=“x”\"\n",
    ])
  func leftAlone(_ text: String) throws {
    _ = try read(text).get()
    #expect(OddCharacters.warnings(in: Array(text.utf8), file: "f").isEmpty)
  }
}
