public import TactusModel

/// What a shell would act upon, in a command line that no shell reads.
public enum ShellWords {
  /// A warning of the first of them in `Exec=`; nil if there is none.
  ///
  /// What stands in quotes is meant as it is, and so is the script behind `-c`. A variable would be put into double quotes as
  /// well.
  public static func warning(of definition: Definition, file: String) -> UnitFileProblem? {
    let (arguments, shell): ([String], String) =
      switch definition.work {
      case .command(let command): (command.arguments, "/bin/sh")
      case .container(let container): (container.arguments, "sh")
      case .heartbeat: ([], "")
      }
    // The text is taken apart again only where there may be something to say.
    guard arguments.contains(where: { $0.utf8.contains(where: Self.marks.contains) }) else { return nil }
    guard let exec = definition.assignments(of: "Exec").last, let found = first(in: exec.value) else { return nil }
    return UnitFileProblem(
      file: file, line: exec.line,
      message: "Exec= holds \(found.abbreviated), and no shell reads it: the program gets it as it is; "
        + "for a shell write \(shell) -c '…', otherwise put it in single quotes")
  }

  private static let marks = Set("|<>;&$".utf8)

  /// The first operator or variable of a shell in a command line that was understood.
  static func first(in line: String) -> String? {
    let words = RawWord.split(line)
    // It hands its words to a shell elsewhere.
    if words.first?.text.split(separator: "/").last == "ssh" { return nil }
    for (index, word) in words.enumerated() {
      guard let mark = word.mark else { continue }
      if index > 0, isScriptOption(words[index - 1].text) { continue }
      // The end of what find executes.
      if word.text == ";", words[..<index].contains(where: { findActions.contains($0.text) }) { continue }
      return mark
    }
    return nil
  }

  private static let findActions: Set = ["-exec", "-execdir", "-ok", "-okdir"]

  /// `-c`, or options in one word that end in it, as in `-euc`.
  private static func isScriptOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word.hasSuffix("c") && word.utf8.dropFirst().allSatisfy(\.isLetter)
  }
}

/// A word, and the first thing in it that a shell would not take as it is.
private struct RawWord {
  var text = ""
  var mark: String?

  /// Splits as `words` does, but remembers what was in quotes.
  static func split(_ line: String) -> [RawWord] {
    var words: [RawWord] = []
    var word: RawWord?
    var quote: UInt8?
    var rest = Array(line.utf8)[...]
    var bytes: [UInt8] = []
    func end() {
      guard var ended = word else { return }
      ended.text = String(decoding: bytes, as: UTF8.self)
      // Alone it would put what stands before into the background; within a word it is in every other address.
      if ended.mark == nil && ended.text == "&" && !ended.isQuoted { ended.mark = "&" }
      words.append(ended)
      (word, bytes) = (nil, [])
    }
    while let byte = rest.popFirst() {
      if quote == nil && byte.isWhiteSpace {
        end()
        continue
      }
      if word == nil { word = RawWord() }
      switch byte {
      case .backslash:
        bytes.append(byte)
        if let next = rest.popFirst() { bytes.append(next) }
      case _ where byte == quote: quote = nil
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if quote == nil {
          quote = byte
          word?.isQuoted = true
        } else {
          bytes.append(byte)
        }
      default:
        if word?.mark == nil { word?.mark = mark(byte, rest, quote) }
        bytes.append(byte)
      }
    }
    end()
    return words
  }

  private var isQuoted = false

  private static func mark(_ byte: UInt8, _ rest: ArraySlice<UInt8>, _ quote: UInt8?) -> String? {
    switch byte {
    case UInt8(ascii: "$") where quote != UInt8(ascii: "'"): variable(rest)
    case _ where quote != nil: nil
    case UInt8(ascii: "|"): rest.first == byte ? "||" : "|"
    case UInt8(ascii: "&"): rest.first == byte ? "&&" : nil
    case UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"): String(Unicode.Scalar(byte))
    default: nil
    }
  }

  /// `$NAME`, `${NAME}` or `$(…)`, as it begins behind the dollar.
  private static func variable(_ rest: ArraySlice<UInt8>) -> String? {
    func isOfName(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") }
    switch rest.first {
    case UInt8(ascii: "("): return "$(…)"
    case UInt8(ascii: "{"):
      let name = rest.dropFirst().prefix(while: isOfName)
      return name.isEmpty ? nil : "${\(name.text)}"
    case let first? where isOfName(first) && !first.isDigit: return "$\(rest.prefix(while: isOfName).text)"
    default: return nil
    }
  }
}
