import Testing

@testable import TactusRunners

@Suite("Files of variables")
struct EnvironmentLinesTests {
  @Test("Comments and blank lines are passed over; one pair of quotes is taken off")
  func parse() throws {
    let text = "# c\n; c\n\nA=1\r\n  B=x y  \nC=\"q q\"\nD='s'\nE=\nF=\"half\nG=a=b\n"
    #expect(
      try EnvironmentLines.parse(text) == ["A=1", "B=x y", "C=q q", "D=s", "E=", "F=\"half", "G=a=b"])
  }

  @Test(
    "A bad line is named by its number, never by its text, which may be a secret",
    arguments: ["x", "1A=2", "=x", "A B=1"])
  func bad(_ line: String) {
    #expect { try EnvironmentLines.parse("A=1\n\(line)\n") } throws: { "\($0)" == "line 2 is not NAME=value" }
  }

  @Test("What is not UTF-8 is refused with its line, not replaced by something else")
  func bytes() throws {
    #expect(try EnvironmentLines.parse(Array("A=ä\n".utf8)) == ["A=ä"])
    #expect {
      try EnvironmentLines.parse(Array("A=1\n# ä\nB=".utf8) + [0xE4] + Array("\nC=1\n".utf8))
    } throws: {
      "\($0)" == "line 3 is not UTF-8"
    }
  }
}
