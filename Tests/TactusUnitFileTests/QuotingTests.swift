import TactusModel
import Testing

/// The rules of systemd.syntax(7), "Quoting", in `Exec=`.
struct QuotingTests {
  @Test(
    "A command line is split like systemd splits it",
    arguments: [
      ("/a b  c\td", ["/a", "b", "c", "d"]),
      ("/a 'b c' \"d e\"", ["/a", "b c", "d e"]),
      ("/a '' \"\"", ["/a", "", ""]),
      ("/a \"it's\" 'say \"x\"'", ["/a", "it's", "say \"x\""]),
      ("/a --to=\"my disk\"/x", ["/a", "--to=my disk/x"]),
      (#"/a \n \t \s \\ \" \'"#, ["/a", "\n", "\t", " ", "\\", "\"", "'"]),
      (#"/a '\x41\102\u00e9\U0001F600'"#, ["/a", "AB\u{E9}\u{1F600}"]),
      (#"/a \xc3\xa9"#, ["/a", "é"]),
      (#"/a \a\b\f\r\v"#, ["/a", "\u{7}\u{8}\u{C}\r\u{B}"]),
      (#""/a program" x"#, ["/a program", "x"]),
      ("/a # no comment ; none either", ["/a", "#", "no", "comment", ";", "none", "either"]),
      ("/a ünï 日本", ["/a", "ünï", "日本"]),
    ])
  func words(_ text: String, _ expected: [String]) throws {
    let definition = try read("[Command]\nExec=\(text)\n").get()
    #expect(definition.work == .command(Command(arguments: expected)))
  }

  @Test("A continued command line may break between words")
  func continued() throws {
    let definition = try read("[Command]\nExec=/a \\\n  --one \\\n# why two\n  --two\n").get()
    #expect(definition.work == .command(Command(arguments: ["/a", "--one", "--two"])))
  }
}
