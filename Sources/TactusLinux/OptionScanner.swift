import CLinux
import Glibc

/// Reads the options of a command line as every GNU program does.
///
/// The corresponding C function is `getopt_long`: options stand before or after the operands, long ones may be shortened
/// as long as they are unique, `--` ends them. Any thread.
public enum OptionScanner {
  /// An option that exists.
  public struct Option: Hashable, Sendable {
    /// Without the dashes: `json`.
    public var name: String
    /// Of `-q`; an ASCII letter.
    public var letter: Character?
    /// Whether it wants a value: `--json=short` or `--json short`.
    public var takesValue: Bool

    /// Describes an option.
    public init(_ name: String, letter: Character? = nil, takesValue: Bool = false) {
      self.name = name
      self.letter = letter
      self.takesValue = takesValue
    }
  }

  /// What a command line says.
  public struct Scanned: Hashable, Sendable {
    /// An option that was given.
    public struct Given: Hashable, Sendable {
      /// Its place among the options that exist.
      public var index: Int
      /// Its value, if it takes one.
      public var value: String?
    }

    /// In the order in which they were given.
    public var given: [Given]
    /// The other words.
    public var operands: [String]
  }

  /// What is wrong with a command line, and the word that is.
  public enum Mistake: Error, Hashable, Sendable {
    /// No such option: `--frob`, `-x`.
    case unknown(String)
    /// Several options begin like this; their names, in the order of the options.
    case ambiguous(String, [String])
    /// The value is missing, at the end of the command line; the name of the option that wants it.
    case withoutValue(String, name: String)
    /// There is a value too many.
    case withValue(String)
  }

  /// Reads words, without the program's name.
  /// - Parameter stopsAtOperand: whether the first operand ends the options, so that all words after it are operands.
  public static func scan(
    _ words: [String], options: [Option], stopsAtOperand: Bool = false
  ) throws(Mistake) -> Scanned {
    var pointers: [UnsafeMutablePointer<CChar>?] = (["tactus"] + words).map { strdup($0) }
    // The scan reorders the words, so what is freed is this list and not the reordered one.
    let owned = pointers
    let names = options.map { strdup($0.name) }
    defer { for pointer in owned + names { free(pointer) } }
    let rows = zip(options, names).map { option, name in
      tactus_option(
        name: name, letter: CChar(option.letter?.asciiValue ?? 0), takes_value: option.takesValue ? 1 : 0)
    }
    var given = [tactus_given](repeating: tactus_given(), count: words.reduce(1) { $0 + $1.utf8.count })
    var givenCount: Int32 = 0
    var mistake = tactus_option_mistake()
    let answer = tactus_options(
      Int32(pointers.count), &pointers, rows, Int32(rows.count), stopsAtOperand ? 1 : 0, &given, &givenCount, &mistake)
    guard answer >= 0 else {
      let word = mistake.word.map { String(cString: $0) } ?? ""
      throw self.mistake(answer, Self.word(word, mistake.letter, among: words), options)
    }
    return Scanned(
      given: given.prefix(Int(givenCount)).map { entry in
        Scanned.Given(index: Int(entry.option), value: entry.value.map { String(cString: $0) })
      },
      operands: pointers[Int(answer)...].compactMap { $0.map { String(cString: $0) } })
  }

  /// The options whose names a word such as `--st=x` abbreviates; the one that it writes out comes alone.
  public static func candidates(for word: String, among options: [Option]) -> [Option] {
    guard word.hasPrefix("--") else { return options.filter { $0.letter == word.dropFirst().first } }
    let beginning = word.dropFirst(2).prefix { $0 != "=" }
    let candidates = options.filter { $0.name.hasPrefix(beginning) }
    return candidates.first { $0.name == beginning }.map { [$0] } ?? candidates
  }

  /// The word at fault: `-x` for a letter, the whole word for a byte that is no letter.
  private static func word(_ word: String, _ letter: UInt8, among words: [String]) -> String {
    guard letter != 0 else { return word }
    if letter > 0x20 && letter < 0x7F { return "-\(Character(Unicode.Scalar(letter)))" }
    return words.first { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.utf8.contains(letter) } ?? word
  }

  private static func mistake(_ answer: Int32, _ word: String, _ options: [Option]) -> Mistake {
    let candidates = candidates(for: word, among: options)
    switch answer {
    case Int32(TACTUS_OPTION_WITHOUT_VALUE.rawValue): return .withoutValue(word, name: candidates.first?.name ?? "")
    case Int32(TACTUS_OPTION_WITH_VALUE.rawValue): return .withValue(word)
    default:
      // One candidate would have been accepted; and letters are never ambiguous.
      return candidates.count > 1 && word.hasPrefix("--") ? .ambiguous(word, candidates.map(\.name)) : .unknown(word)
    }
  }
}
