import TactusModel
import TactusUnitFile
import Testing

@Suite("Variables in Environment=")
struct EnvironmentWordsTests {
  private func warnings(_ lines: String, section: String = "[Command]\nExec=/bin/true") throws -> [UnitFileProblem] {
    EnvironmentWords.warnings(of: try read("\(section)\n\(lines)\n").get(), file: "f")
  }

  @Test(
    "A variable that only a shell would replace is told, with what to write instead",
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
            message: "Environment= holds \(reference), and no shell reads it: the variable has it as it is; "
              + "write the value out, or set it in Exec=/bin/sh -c '…'")
        ])
    }
  }

  @Test("The place of credentials is replaced in braces only, and that is told")
  func credentials() throws {
    #expect(try warnings("Environment=F=${CREDENTIALS_DIRECTORY}/key").isEmpty)
    #expect(
      try warnings("Environment=F=$CREDENTIALS_DIRECTORY/key").map(\.message) == [
        "Environment= holds $CREDENTIALS_DIRECTORY, and no shell reads it: the variable has it as it is; "
          + "write ${CREDENTIALS_DIRECTORY}"
      ])
  }

  @Test(
    "A sign in single quotes, or in what may be a password, is meant as it is",
    arguments: [
      "Environment='A=$PATH'", "Environment=PASSWORD=pa$word", "Environment=COST=5$", "Environment=A=$1$x",
      "Environment=A=b",
    ])
  func leftAlone(_ line: String) throws {
    #expect(try warnings(line).isEmpty)
  }
}
