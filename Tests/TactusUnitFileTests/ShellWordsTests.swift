import TactusModel
import TactusUnitFile
import Testing

@Suite("What people bring along from shells, cron and systemd")
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

  @Test(
    "A key or a section of systemd is answered with what says the same, and with nothing else",
    arguments: [
      (
        "[Schedule]\nOnCalendar=daily\n[Command]\nExec=/bin/true\n",
        "OnCalendar= is not a key of [Schedule]: there is no calendar: write Interval=, for example Interval=1d, and the "
          + "first run as StartAt=2026-12-01T03:00:00Z"
      ),
      (
        "[Command]\nExecStart=/bin/true\n", "ExecStart= is not a key of [Command]: write Exec= in [Command]"
      ),
      (
        "[Schedule]\nOnBootSec=15min\n[Command]\nExec=/bin/true\n",
        "OnBootSec= is not a key of [Schedule]: write Interval=, for example Interval=15min"
      ),
      ("[Service]\nExecStart=/bin/true\n", "[Service] is not a section of this file: its like is [Command]"),
      (
        "[Timer]\nOnCalendar=daily\n[Command]\nExec=/bin/true\n",
        "[Timer] is not a section of this file: its like is [Schedule]"
      ),
    ])
  func foreign(_ text: String, _ message: String) throws {
    #expect(problems(of: try read(text)).map(\.message) == [message])
  }
}
