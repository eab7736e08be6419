import TactusModel
import TactusUnitFile
import Testing

@Suite("Variables in Environment=")
struct EnvironmentWordsTests {
  private func warnings(_ lines: String, section: String = "[Command]\nExec=/bin/true") throws -> [UnitFileProblem] {
    EnvironmentWords.warnings(of: try read("\(section)\n\(lines)\n").get(), file: "f")
  }

  @Test(
    "A warning about a variable that only a shell expands names the alternative",
    arguments: [
      (#"Environment="PATH=/x:$PATH""#, "$PATH"), ("Environment=PATH=/x:${PATH}", "${PATH}"),
      ("Environment=A=1 B=$A", "$A"), ("Environment=DAY=$(date)", "$(…)"), ("Environment=DAY=`date`", "`…`"),
      ("Environment=X=$HOME/y", "$HOME"), ("Environment=A=$nothing-$USER", "$USER"),
    ])
  func found(_ line: String, _ reference: String) throws {
    for section in ["[Command]\nExec=/bin/true", "[Container]\nImage=alpine"] {
      #expect(
        try warnings(line, section: section) == [
          UnitFileProblem(
            file: "f", line: 3,
            message: "Environment= has \(reference), but no shell reads it: the variable gets it unchanged. "
              + "Write the value itself, or set it in Exec=/bin/sh -c '…'")
        ])
    }
  }

  @Test("The credentials directory is replaced in braces only, and other spellings get a warning")
  func credentials() throws {
    #expect(try warnings("Environment=F=${CREDENTIALS_DIRECTORY}/key").isEmpty)
    #expect(
      try warnings("Environment=F=$CREDENTIALS_DIRECTORY/key").map(\.message) == [
        "Environment= has $CREDENTIALS_DIRECTORY, but no shell reads it: the variable gets it unchanged. "
          + "Write ${CREDENTIALS_DIRECTORY}"
      ])
  }

  @Test(
    "A dollar sign in single quotes, or in a possible password, gets no warning",
    arguments: [
      "Environment='A=$PATH'", "Environment=PASSWORD=pa$word", "Environment=COST=5$", "Environment=A=$1$x",
      "Environment=A=b",
    ])
  func leftAlone(_ line: String) throws {
    #expect(try warnings(line).isEmpty)
  }
}
