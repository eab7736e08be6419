import TactusModel
import TactusUnitFile
import Testing

@Suite("Syntax from shells")
struct ShellWordsTests {
  private func warning(_ exec: String, section: String = "[Container]\nImage=alpine") throws -> UnitFileProblem? {
    ShellWords.warning(of: try read("\(section)\nExec=\(exec)\n").get(), file: "backup.workflow")
  }

  @Test(
    "Words that a shell would interpret are named",
    arguments: [
      ("a | b", "|"), ("a b|c", "|"), ("a >file", ">"), ("a 2>&1", ">"), ("a < file", "<"), ("a && b", "&&"),
      ("a || b", "||"), ("a; b", ";"), ("a ; b", ";"), ("a $HOME/x", "$HOME"), ("a --to=${DIR_1}/x", "${DIR_1}"),
      (#"a "$HOME/x""#, "$HOME"), ("a &", "&"), ("a $(date)", "$(…)"), ("sh -c echo x | wc", "|"),
      ("sh -c 'echo $1' sh $HOME", "$HOME"), ("a '$1' > b", ">"), ("a `date`", "`…`"), (#"a "on `date`""#, "`…`"),
      ("rm -f /var/log/*.log", "*"), ("rm *", "*"), ("ls file?/x", "?"), ("cp '/srv/my files'/* /b", "*"),
      ("ls /srv/[a-c]", "[…]"), ("tar czf /b.tgz /srv/*", "*"), ("a ~/x", "~/"), ("a ~backup", "~…"),
      ("a ~backup/x", "~…"), ("rsync -a /srv/* host:/srv", "*"), ("rm /srv/a:b/*", "*"), ("a $password", "$…"),
      ("a pa$sw0rd", "$…"), ("a ${password}", "${…}"),
    ])
  func found(_ exec: String, _ mark: String) throws {
    let warning = try #require(try warning(exec))
    #expect(warning.line == 3)
    #expect(
      warning.message == "Exec= has \(mark), but no shell reads it: the program gets it unchanged. "
        + "Use sh -c '…' for a shell, or put it in single quotes")
  }

  @Test(
    "A warning says that # behind a program does not begin a comment",
    arguments: ["a # b", "a #b", "a b  # the backup"])
  func comment(_ exec: String) throws {
    let message = try #require(try warning(exec)).message
    #expect(message.hasPrefix("Exec= has #, which does not begin a comment here"), "\(message)")
  }

  @Test(
    "Quoted words, scripts, and words without a meaning to shells get no warning",
    arguments: [
      "a b", "a b#c", "a '#b'", "sh -c 'a # b'", "sh -c 'a | b > c; echo $HOME'", #"bash -euc "a && echo $HOME""#,
      "env sh -c 'a $X'", "a '|' \"a>b\" ';'",
      "a '$HOME'", "a $", "a $1 $? 5$", "a 100%% %n %F", "a https://example.org/?a=1&b=2", "find / -exec rm {} ;",
      #"/usr/bin/ssh host "echo $HOME""#, #"a \x24HOME"#, "a '&'", "awk '{ print $NF > \"x\" }'",
      // Patterns for the program itself, or no patterns.
      "find /srv -name *.log", "nice find /srv -name *.log", "rsync -a --exclude *.o /a /b",
      "rsync -a --exclude=*.o /a /b",
      "a --pattern=*", "curl https://example.org/a?b=[1-3]", "a example.org/a?b=1&c[]=2", "a -H Accept:*/*", "a */*",
      "a [::1]:80", "a http://[::1]:80/x", "grep -c foo.* /srv/x", "a '*' \"?/x\" '[a]/x'", "scp host:/srv/* /b",
      "a ^b.*$",
      "a count(*)", "a k=*", "systemctl stop x@*", "a Ready?", "a [x]", "a /x/[1,2]", #"a \x2a"#, "a '`date`'",
      // Not a home directory.
      "a HEAD~1", "a x~", "a ~1.2", "a '~/x'", "a --dir=~/x", "a ~", "a '~'backup",
      // Scripts of one word, or in quotes, and words that are not scripts.
      "sh -c date", "sh -c 'echo a' name b", "sh -c '$0' date", "sh -c \"date\" name", #"sh -c echo\sa name"#,
      "tar -c /srv /etc", "sh /srv/run -c a b", "bash --login -c date", "sh -c",
    ])
  func leftAlone(_ exec: String) throws {
    #expect(try warning(exec) == nil)
  }

  @Test(
    "A script without its quotes is recognized",
    arguments: [
      ("sh -c echo hello world", "sh", "-c"), ("/bin/bash -euc /srv/run --now", "bash", "-euc"),
      ("env A=b /bin/sh -e -c cd /srv", "sh", "-c"), ("bash -o pipefail -c rm *", "bash", "-c"),
    ])
  func script(_ exec: String, _ shell: String, _ option: String) throws {
    let warning = try #require(try warning(exec))
    guard !exec.contains("*") else { return #expect(warning.message.hasPrefix("Exec= has *,")) }
    #expect(
      warning.message
        == "Exec= makes \(shell) run only the first word after \(option): the words after it are not part of the script. "
        + "Put the whole script in single quotes, as in \(shell) \(option) '…'")
    #expect(warning.line == 3)
  }

  @Test("The warning has the line of the key in force, and names the shell of the machine to a command")
  func place() throws {
    let warning = try warning("/bin/echo\nExec=\n\nExec=/bin/echo \\\n  $HOME", section: "[Command]")
    #expect(warning?.line == 5 && warning?.message.contains("/bin/sh -c '…'") == true, "\(String(describing: warning))")
    #expect(try ShellWords.warning(of: read("[Heartbeat]\nEndpoint=http://localhost/\n").get(), file: "f") == nil)
  }
}
