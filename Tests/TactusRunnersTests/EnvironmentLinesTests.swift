import Testing

@testable import TactusRunners

@Suite("Environment files")
struct EnvironmentLinesTests {
  @Test("Comments and blank lines are skipped, and one pair of quotes is removed")
  func parse() throws {
    let text = "# c\n; c\n\nA=1\r\n  B=x y  \nC=\"q q\"\nD='s'\nE=\nF=\"half\nG=a=b\n"
    #expect(
      try EnvironmentLines.parse(text) == ["A=1", "B=x y", "C=q q", "D=s", "E=", "F=\"half", "G=a=b"])
  }

  @Test(
    "A bad line is reported by its number, never by its text, which may be a secret",
    arguments: ["x", "1A=2", "=x", "A B=1"])
  func bad(_ line: String) {
    #expect { try EnvironmentLines.parse("A=1\n\(line)\n") } throws: { "\($0)" == "line 2 is not NAME=value" }
  }

  @Test(
    "An invisible or misleading character is reported with its position",
    arguments: [
      ("\u{A0}A=1", "U+00A0 NO-BREAK SPACE at character 1, which is invisible: delete it"),
      ("A\u{200B}=1", "U+200B ZERO WIDTH SPACE at character 2, which is invisible: delete it"),
      ("\u{FEFF}A=1", "U+FEFF ZERO WIDTH NO-BREAK SPACE at character 1, which is invisible: delete it"),
      ("A\u{FF1D}1", "U+FF1D FULLWIDTH EQUALS SIGN at character 2, which only looks like =: type that"),
      (
        "\u{410}=1",
        "U+0410 CYRILLIC CAPITAL LETTER A at character 1, which is not allowed in a name: type the name again"
      ),
    ])
  func odd(_ line: String, _ sentence: String) {
    #expect { try EnvironmentLines.parse("B=1\n\(line)\n") } throws: {
      "\($0)" == "line 2 is not NAME=value: it has \(sentence)"
    }
  }

  @Test("A byte order mark at the beginning is skipped, and a second one belongs to the name")
  func mark() throws {
    #expect(try EnvironmentLines.parse(Array("\u{FEFF}A=1\nB=2\n".utf8)) == ["A=1", "B=2"])
    #expect { try EnvironmentLines.parse(Array("\u{FEFF}\u{FEFF}A=1\n".utf8)) } throws: { "\($0)".contains("U+FEFF") }
  }

  @Test("A line that is not UTF-8 is refused by its number, and not converted")
  func bytes() throws {
    #expect(try EnvironmentLines.parse(Array("A=ä\n".utf8)) == ["A=ä"])
    #expect {
      try EnvironmentLines.parse(Array("A=1\n# ä\nB=".utf8) + [0xE4] + Array("\nC=1\n".utf8))
    } throws: {
      "\($0)" == "line 3 is not UTF-8"
    }
  }
}
