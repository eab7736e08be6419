import CLinux
import Glibc

/// Parses the options of a command line as GNU programs do.
///
/// The corresponding C function is `getopt_long`. Options precede or follow operands. Long options may be abbreviated
/// while they are unique. `--` ends the options. Any thread.
public enum OptionScanner {
  /// An option that exists.
  public struct Option: Hashable, Sendable {
    /// The name without the dashes: `json`.
    public var name: String
    /// The letter of a short option such as `-q`, an ASCII letter; nil if it has no short form.
    public var letter: Character?
    /// Whether it requires a value: `--json=short` or `--json short`.
    public var takesValue: Bool

    /// Describes an option.
    public init(_ name: String, letter: Character? = nil, takesValue: Bool = false) {
      self.name = name
      self.letter = letter
      self.takesValue = takesValue
    }
  }

  /// The contents of a command line.
  public struct Scanned: Hashable, Sendable {
    /// An option that was given.
    public struct Given: Hashable, Sendable {
      /// Its index among the existing options.
      public var index: Int
      /// Its value; nil if it takes none.
      public var value: String?
    }

    /// The options in the order in which they were given.
    public var given: [Given]
    /// The other words.
    public var operands: [String]
  }

  /// A mistake in a command line, with the word at fault.
  public enum Mistake: Error, Hashable, Sendable {
    /// The option does not exist: `--frob`, `-x`.
    case unknown(String)
    /// Several options begin with this text.
    ///
    /// Their names follow, in the order of the options.
    case ambiguous(String, [String])
    /// The value is missing at the end of the command line.
    ///
    /// The name is the option's.
    case withoutValue(String, name: String)
    /// The option takes no value.
    case withValue(String)
  }

  /// Parses words, without the program's name.
  ///
  /// - Parameter stopsAtOperand: whether the first operand ends the options, so that all later words are operands.
  public static func scan(
    _ words: [String], options: [Option], stopsAtOperand: Bool = false
  ) throws(Mistake) -> Scanned {
    var pointers: [UnsafeMutablePointer<CChar>?] = (["tactus"] + words).map { strdup($0) }
    // The scan reorders the words, so this list is freed instead of the reordered one.
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

  /// The options that a word such as `--st=x` abbreviates.
  ///
  /// A complete name matches only its own option.
  public static func candidates(for word: String, among options: [Option]) -> [Option] {
    guard word.hasPrefix("--") else { return options.filter { $0.letter == word.dropFirst().first } }
    let beginning = word.dropFirst(2).prefix { $0 != "=" }
    let candidates = options.filter { $0.name.hasPrefix(beginning) }
    return candidates.first { $0.name == beginning }.map { [$0] } ?? candidates
  }

  /// The word at fault: `-x` for a letter, the whole word for a byte that is not ASCII.
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
      // A single candidate would have been accepted, and letters are never ambiguous.
      return candidates.count > 1 && word.hasPrefix("--") ? .ambiguous(word, candidates.map(\.name)) : .unknown(word)
    }
  }
}
