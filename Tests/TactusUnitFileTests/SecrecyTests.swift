import TactusModel
import Testing

@testable import TactusUnitFile

/// Puts a secret into every place of every key, with every kind of mistake: no message may show it.
@Suite("Secrets in refused files")
struct SecrecyTests {
  private static let secret = "s3cr3t.Xyzzy42"

  /// Values that some keys refuse or warn about; `@` is replaced by the secret.
  private static let values = [
    "@", "'@", "\"@", "@\"", "@\\q", "\\q@", "\\x@", "@\\", "@=x", "x=@", "A=@ '", "A=\"@", "A=@ B", "A=@ B-C=@",
    "1@=x",
    "A-@=x", "TACTUS_@=x", "TACTUS_A=@", "=@", "A=b @", "A=@\\q", "PATH=@:$PATH", "A=$@ B=$A", "/@", "/bin/@ 'x",
    "/bin/x @ \\x0", "/bin/x @ '", "/bin/x '@", "/bin/x @\\400", "/@/", "-/@", "@/bin/x", "+!/bin/@", "cd @",
    "cd /@ && x",
    "if @", "~/@", "~@/x", "$@/x", "$V @", "X=@ /bin/x", "*/5 * * * * /@", "@daily @", "/bin/sh -c @ x", "/bin/x @*",
    "/bin/x ?@", "/bin/x [a]@/x", "/bin/x ~@", "/bin/x $@", "/bin/x a$x@", "/bin/x `@`", "/bin/x @ | y", "/bin/x @ # @",
    "/bin/x \u{A0}@", "/bin/x “@”", "A=\u{200B}@", "/@\u{A0}", "/@ # x", "https://@@h/", "https://u:@@h/",
    "https://h:@/",
    "https://@:x/", "ftp://@/", "http://@ x/", "https://h/{@}", "@://h/", "https://[@/", "tcp://@", "tcp://h:@",
    "tcp://@@h:1",
    "unix://@", "unix:///../@", "@: x", "x @: y", "@:", ":@", "Authorization @", "Content-Length: @",
    "content-length:@",
    "NAME:@", "@:/x", "NAME:/../@", "a b:@", "-@", "-/../@", "/../@",
  ]

  /// A way to read a file of one kind, and its keys.
  private struct File: Sendable {
    let vocabulary: Vocabulary
    /// Returns the other lines that a section needs to be valid.
    let rest: @Sendable (_ section: String, _ key: String) -> String
    let messages: @Sendable (String) throws -> [String]
  }

  private static let workflow = File(vocabulary: .workflow) { section, key in
    switch (section, key) {
    case ("Command", "Exec"), ("Heartbeat", "Endpoint"), ("Container", "Image"): ""
    case ("Heartbeat", _): "Endpoint=http://localhost/\n"
    case ("Container", _): "Image=alpine\n"
    default: "Exec=/bin/true\n"
    }
  } messages: { text in
    switch try read(text) {
    case .failure(let failure): failure.problems.map(\.description)
    case .success(let definition):
      ([ShellWords.warning(of: definition, file: "f")].compactMap(\.self)
        + EnvironmentWords.warnings(of: definition, file: "f") + OddCharacters.warnings(in: Array(text.utf8), file: "f")
        + MonthSpans.warnings(in: Array(text.utf8), file: "f")).map(\.description)
    }
  }

  private static let provider = File(vocabulary: .provider) { _, key in
    key == "Endpoint" ? "" : "Endpoint=unix:///run/x.sock\n"
  } messages: { text in
    problems(of: ProviderFile.read(Array(text.utf8), name: .local, file: "f")).map(\.description)
  }

  private static let daemon = File(vocabulary: .daemon) { _, _ in
    ""
  } messages: { text in
    problems(of: DaemonFile.read(Array(text.utf8), file: "f")).map(\.description)
  }

  private func expectSecrecy(_ file: File, _ text: String) throws {
    for message in try file.messages(text) {
      #expect(!message.contains("Xyzzy"), "\(message.debugDescription) of \(text.debugDescription)")
    }
  }

  @Test("Every key is classified as one whose value may be shown, or one whose value may be secret")
  func decided() {
    for vocabulary in [Vocabulary.workflow, .queue, .provider, .daemon] {
      for section in vocabulary.sections {
        #expect(section.shown.isDisjoint(with: section.hidden), "[\(section.name)]")
        #expect(section.lists.isSubset(of: section.keys), "[\(section.name)]")
      }
    }
  }

  @Test("A value that may be secret is in no message, whatever the mistake", arguments: [workflow, provider])
  private func values(_ file: File) throws {
    var refused = 0
    for section in file.vocabulary.sections {
      for key in section.hidden {
        for value in Self.values {
          let line = "\(key)=\(value.replacing("@", with: Self.secret))"
          let rest = file.rest(section.name, key)
          let text = "[\(section.name)]\n\(rest)\(line)\n"
          refused += try file.messages(text).isEmpty ? 0 : 1
          try expectSecrecy(file, text)
          // Twice, misspelt, in another section, under a broken header, before any section, and split into two lines.
          try expectSecrecy(file, "[\(section.name)]\n\(rest)\(line)\n\(line)\n")
          try expectSecrecy(file, "[\(section.name)]\n\(rest)\(line.dropFirst())\n")
          try expectSecrecy(file, "[\(section.name)]\n\(rest)\(key) \(value.replacing("@", with: Self.secret))\n")
          try expectSecrecy(file, "[Workflow]\n\(line)\n[\(section.name)]\n\(rest)")
          try expectSecrecy(file, "[Manager]\n\(line)\n")
          try expectSecrecy(file, "\(line)\n[\(section.name)]\n\(rest)")
          try expectSecrecy(file, "[\(section.name)] \(line)\n\(rest)")
          try expectSecrecy(file, "[\(section.name)]\n\(rest)\(key)=\n\(Self.secret)==\n")
          try expectSecrecy(file, "[\(section.name)]\n\(rest)\(key): \(Self.secret)=\n")
        }
      }
    }
    #expect(refused > 50, "the values are refused or cause a warning")
  }

  @Test(
    "In place of a key or a section, only texts that could be one are shown", arguments: [workflow, provider, daemon])
  private func names(_ file: File) throws {
    for line in [
      "@=x", "Header: Authorization: Basic @==", "@", "[@]", "[@", "[@] x", "[Command] @", "x @ = y", "-@ = x",
    ] {
      let text = line.replacing("@", with: Self.secret)
      try expectSecrecy(file, "\(text)\n")
      for section in file.vocabulary.sections { try expectSecrecy(file, "[\(section.name)]\n\(text)\n") }
    }
  }
}
