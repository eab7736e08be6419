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
    /// No such option, or a beginning that several have.
    case unknown(String)
    /// The value is missing.
    case withoutValue(String)
    /// There is a value too many.
    case withValue(String)
  }

  /// Reads words, without the program's name.
  public static func scan(_ words: [String], options: [Option]) throws(Mistake) -> Scanned {
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
    var culprit: UnsafePointer<CChar>?
    let answer = tactus_options(
      Int32(pointers.count), &pointers, rows, Int32(rows.count), &given, &givenCount, &culprit)
    guard answer >= 0 else {
      let word = culprit.map { String(cString: $0) } ?? ""
      switch answer {
      case Int32(TACTUS_OPTION_WITHOUT_VALUE.rawValue): throw .withoutValue(word)
      case Int32(TACTUS_OPTION_WITH_VALUE.rawValue): throw .withValue(word)
      default: throw .unknown(word)
      }
    }
    return Scanned(
      given: given.prefix(Int(givenCount)).map { entry in
        Scanned.Given(index: Int(entry.option), value: entry.value.map { String(cString: $0) })
      },
      operands: pointers[Int(answer)...].compactMap { $0.map { String(cString: $0) } })
  }
}
