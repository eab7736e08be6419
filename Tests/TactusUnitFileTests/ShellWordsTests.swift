import TactusModel
import TactusUnitFile
import Testing

@Suite("What people bring along from shells")
struct ShellWordsTests {
  private func warning(_ exec: String, section: String = "[Container]\nImage=alpine") throws -> UnitFileProblem? {
    ShellWords.warning(of: try read("\(section)\nExec=\(exec)\n").get(), file: "backup.workflow")
  }

  @Test(
    "What a shell would act upon is named",
    arguments: [
      ("a | b", "|"), ("a b|c", "|"), ("a >file", ">"), ("a 2>&1", ">"), ("a < file", "<"), ("a && b", "&&"),
      ("a || b", "||"), ("a; b", ";"), ("a ; b", ";"), ("a $HOME/x", "$HOME"), ("a --to=${DIR_1}/x", "${DIR_1}"),
      (#"a "$HOME/x""#, "$HOME"), ("a &", "&"), ("a $(date)", "$(…)"), ("sh -c echo x | wc", "|"),
      ("sh -c 'echo $1' sh $HOME", "$HOME"), ("a '$1' > b", ">"),
    ])
  func found(_ exec: String, _ mark: String) throws {
    let warning = try #require(try warning(exec))
    #expect(warning.line == 3)
    #expect(
      warning.message == "Exec= holds \(mark), and no shell reads it: the program gets it as it is; "
        + "for a shell write sh -c '…', otherwise put it in single quotes")
  }

  @Test(
    "What is quoted, a script, or no shell's, is left alone",
    arguments: [
      "a b", "sh -c 'a | b > c; echo $HOME'", #"bash -euc "a && echo $HOME""#, "env sh -c 'a $X'", "a '|' \"a>b\" ';'",
      "a '$HOME'", "a $", "a $1 $? 5$", "a 100%% %n %F", "a https://example.org/?a=1&b=2", "find / -exec rm {} ;",
      #"/usr/bin/ssh host "echo $HOME""#, #"a \x24HOME"#, "a '&'", "awk '{ print $NF > \"x\" }'",
    ])
  func leftAlone(_ exec: String) throws {
    #expect(try warning(exec) == nil)
  }

  @Test("The line is that of the key in force, and a command is shown the shell of the machine")
  func place() throws {
    let warning = try warning("/bin/echo\nExec=\n\nExec=/bin/echo \\\n  $HOME", section: "[Command]")
    #expect(warning?.line == 5 && warning?.message.contains("/bin/sh -c '…'") == true, "\(String(describing: warning))")
    #expect(try ShellWords.warning(of: read("[Heartbeat]\nEndpoint=http://localhost/\n").get(), file: "f") == nil)
  }
}
