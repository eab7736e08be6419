import TactusModel

/// A unit file that is being interpreted: the assignments in force, and the problems found so far.
///
/// It goes on after a problem, because an operator wants to see all of them at once.
struct Reading {
  let file: String
  private(set) var problems: [UnitFileProblem]
  private var inForce: [Key: [UnitFile.Assignment]] = [:]
  private var mentioned: Set<Key> = []
  /// Keys whose values no message quotes.
  private var hidden: Set<Key> = []
  private var headers: [String: Int] = [:]
  /// Keys whose absence was told already, as a misspelling.
  private var meant: Set<Key> = []
  private var meantSections: Set<String> = []
  private var refusals = 0
  /// Whether lines were lost, so that nothing can be said about absence.
  private let isDamaged: Bool

  private struct Key: Hashable {
    let section: String
    let key: String
  }

  init(_ bytes: [UInt8], file: String, vocabulary: Vocabulary) {
    self.file = file
    let unit: UnitFile
    (unit, problems) = UnitFile.read(bytes, file: file)
    isDamaged = !problems.isEmpty
    for section in unit.sections { take(section, vocabulary) }
  }

  private mutating func take(_ section: UnitFile.Section, _ vocabulary: Vocabulary) {
    if headers[section.name] == nil { headers[section.name] = section.line }
    guard let known = vocabulary.section(named: section.name) else {
      guard mayBeShown() else { return complain(section.line, "is not known") }
      let refusal = vocabulary.refusal(ofSection: section.name)
      complain(section.line, refusal.message)
      guard let name = refusal.meant else { return }
      meantSections.insert(name)
      // All at once: what is wrong below the header that was meant is wrong still when it is mended.
      if let meant = vocabulary.section(named: name) {
        for assignment in section.assignments where !meant.keys.contains(assignment.key) {
          take(assignment, in: meant, vocabulary)
        }
      }
      return
    }
    for assignment in section.assignments { take(assignment, in: known, vocabulary) }
  }

  private mutating func take(
    _ assignment: UnitFile.Assignment, in section: Vocabulary.Section, _ vocabulary: Vocabulary
  ) {
    let key = Key(section: section.name, key: assignment.key)
    let isList = section.lists.contains(assignment.key)
    guard section.shown.contains(assignment.key) || section.hidden.contains(assignment.key) else {
      guard mayBeShown() else { return complain(assignment.line, "is not known") }
      let refusal = vocabulary.refusal(ofKey: assignment.key, in: section)
      if let word = refusal.meant { meant.insert(Key(section: section.name, key: word)) }
      return complain(assignment.line, refusal.message)
    }
    mentioned.insert(key)
    if section.hidden.contains(assignment.key) { hidden.insert(key) }
    if assignment.value.isEmpty {
      inForce[key] = nil
    } else if !isList, let first = inForce[key]?.first {
      complain(assignment.line, "\(assignment.key)= is given twice, first on line \(first.line): remove one")
    } else {
      inForce[key, default: []].append(assignment)
    }
  }

  /// Whether the next word that is not known is worth a look for what was meant.
  ///
  /// Words are refused in line order: those beyond the first ones are never shown, only counted.
  private mutating func mayBeShown() -> Bool {
    refusals += 1
    return refusals <= Limits.unitFileProblems
  }

  /// The line of a section's first header; nil without that section.
  func line(of section: String) -> Int? { headers[section] }

  /// The line on which a key is in force first; nil if it is not.
  func line(ofKey key: String, in section: String) -> Int? { inForce[Key(section: section, key: key)]?.first?.line }

  /// Whether a key stands there at all, were it with an empty value.
  func isMentioned(_ key: String, in section: String) -> Bool {
    mentioned.contains(Key(section: section, key: key))
  }

  /// The value of a key that stands at most once; nil if it does not stand there, or is refused.
  mutating func value<Value>(
    _ key: String, in section: String, as read: (String) throws(Refusal) -> Value
  ) -> Value? {
    values(key, in: section, as: read).first
  }

  /// The values of a key, in order, without the refused ones.
  mutating func values<Value>(
    _ key: String, in section: String, as read: (String) throws(Refusal) -> Value
  ) -> [Value] {
    let name = Key(section: section, key: key)
    var values: [Value] = []
    for assignment in inForce[name] ?? [] {
      do throws(Refusal) {
        values.append(try read(assignment.value))
      } catch {
        let shown = hidden.contains(name) ? "" : assignment.value.abbreviated
        complain(assignment.line, "\(key)=\(shown) \(error.message)\(assignment.hint)")
      }
    }
    return values
  }

  /// Complains if a section is there without a key that it cannot do without.
  mutating func require(_ key: String, in section: String, example: String) {
    let name = Key(section: section, key: key)
    guard let line = headers[section], inForce[name] == nil, !meant.contains(name), !isDamaged else { return }
    complain(line, "[\(section)] needs \(key)=, for example \(key)=\(example)")
  }

  mutating func complain(_ line: Int, _ message: String) {
    problems.append(UnitFileProblem(file: file, line: line, message: message))
  }

  /// Complains that none of some sections is there, unless a misspelt header or a lost line may have been one of them.
  mutating func complain(aboutAbsenceOf sections: Set<String>, _ message: String) {
    if !isDamaged && meantSections.isDisjoint(with: sections) { complain(0, message) }
  }

  /// What is in force, as a unit file of its own: no comments, no blank lines, every value on one line, in file order.
  var canonical: String {
    let ordered = inForce.flatMap { key, values in values.map { (section: key.section, assignment: $0) } }
      .sorted { $0.assignment.line < $1.assignment.line }
    var text = ""
    var section: String?
    for entry in ordered {
      if entry.section != section { text += "[\(entry.section)]\n" }
      section = entry.section
      text += "\(entry.assignment.key)=\(entry.assignment.value)"
      // A value that ends in a backslash had white space after it: without that, it would swallow the next line.
      text += Array(entry.assignment.value.utf8).endsInBackslash ? " \n" : "\n"
    }
    return text
  }

  /// The value if nothing was wrong with the file.
  func result<Value>(_ value: Value?) -> Result<Value, UnitFileProblems> {
    guard problems.isEmpty else { return .failure(UnitFileProblems(problems)) }
    guard let value else { fatalError("\(file) was refused without a word") }
    return .success(value)
  }
}

extension UnitFile.Assignment {
  /// What else may be wrong with a refused value.
  fileprivate var hint: String {
    let comment = value.contains(" #") ? " (a comment needs a line of its own)" : ""
    guard let odd = OddCharacter.first(in: value) else { return comment }
    return "\(comment) (its value has \(odd.sentence))"
  }
}
