import TactusLinux
import TactusUnitFile

/// Parses the words after `tactusctl` by the table of verbs and options.
struct CommandWords {
  /// The verb; nil if no verb was given.
  let verb: (any Verb.Type)?
  let operands: [String]
  /// The last value of each option, empty for options without a value.
  ///
  /// Words of enumerations are in the spelling of the enumeration.
  let values: [CommandOption: String]

  init(_ words: [String]) throws(Complaint) {
    verb = try Self.verb(in: words)
    let options = verb?.allOptions ?? CommandOption.all
    let scanned: OptionScanner.Scanned
    do {
      scanned = try OptionScanner.scan(words, options: options.map(\.scanned))
    } catch {
      throw Self.complaint(about: error, verb)
    }
    operands = Array(scanned.operands.dropFirst(verb == nil ? 0 : 1))
    var values: [CommandOption: String] = [:]
    for given in scanned.given {
      let option = options[given.index]
      values[option] = try Self.value(given.value ?? "", of: option)
    }
    self.values = values
  }

  // MARK: The verb

  /// Finds the verb: the first operand.
  ///
  /// The valid options are known only after the verb, so mistakes are reported later.
  private static func verb(in words: [String]) throws(Complaint) -> (any Verb.Type)? {
    let name: String?
    do {
      let options = CommandOption.all.map(\.scanned)
      name = try OptionScanner.scan(words, options: options, stopsAtOperand: true).operands.first
    } catch {
      return words.lazy.compactMap(named).first
    }
    guard let name else { return nil }
    if let verb = named(name) { return verb }
    if let answer = ForeignVerb.answer(to: name) {
      throw .usage("unknown verb \(name). \(answer). Run tactusctl --help to list the verbs.")
    }
    throw .usage(
      "unknown verb \(name).\(hint(name, Tactusctl.verbs.map { $0.name })) Run tactusctl --help to list the verbs.")
  }

  private static func named(_ name: String) -> (any Verb.Type)? { Tactusctl.verbs.first { $0.name == name } }

  // MARK: The options

  private static func complaint(about mistake: OptionScanner.Mistake, _ verb: (any Verb.Type)?) -> Complaint {
    let options = verb?.allOptions ?? CommandOption.all
    let help = "tactusctl \(verb.map { "\($0.name) " } ?? "")--help"
    switch mistake {
    case .unknown(let word):
      let elsewhere = OptionScanner.candidates(for: word, among: CommandOption.all.map(\.scanned))
      if let verb, let first = elsewhere.first {
        let name = elsewhere.count == 1 ? "--\(first.name)" : String(word.prefix { $0 != "=" })
        return .usage("\(verb.name) does not take \(name). Run \(help) to list its options.")
      }
      let name = String(word.prefix { $0 != "=" })
      let meant = name.hasPrefix("--") ? hint(name, options.map(\.word)) : ""
      return .usage("unknown option \(name).\(meant) Run \(help) to list the options.")
    case .ambiguous(let word, let names):
      let candidates = names.map { "--\($0)" }.joined(separator: ", ")
      return .usage("\(word.prefix { $0 != "=" }) is ambiguous: \(candidates). Write more letters.")
    case .withoutValue(let word, let name):
      let example = options.first { $0.name == name }?.example ?? word
      return .usage("\(word) needs a value. Write \(example).")
    case .withValue(let word): return .usage("\(word): this option takes no value")
    }
  }

  /// Checks the value of an option; words of enumerations may be in upper or lower case.
  private static func value(_ text: String, of option: CommandOption) throws(Complaint) -> String {
    guard let noun = option.value, let words = noun.words else { return text }
    func word(_ text: String) -> String? { words.first { $0.lowercased() == text.lowercased() } }
    guard case .list = noun else {
      if let word = word(text) { return word }
      throw .usage("\(option.word)=\(text) is not valid.\(hint(text, words)) Use \(option.word)=\(choice(words)).")
    }
    var found: [String] = []
    for part in text.split(separator: ",").map(String.init) {
      guard let word = word(part) else {
        throw .usage(
          "\(option.word)=\(text): \(part) is not valid.\(hint(part, words)) Use \(words.joined(separator: ", ")).")
      }
      found.append(word)
    }
    guard !found.isEmpty else { throw .usage("\(option.word)= needs at least one of \(words.joined(separator: ", "))") }
    return found.joined(separator: ",")
  }

  private static func choice(_ words: [String]) -> String {
    words.count == 1 ? words[0] : "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
  }

  private static func hint(_ word: String, _ candidates: [String]) -> String {
    Spelling.nearest(to: word, among: candidates).map { " Did you mean \($0)?" } ?? ""
  }
}
