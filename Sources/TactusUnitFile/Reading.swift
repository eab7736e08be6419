import TactusMessages
import TactusModel

/// Interprets a unit file: the assignments in force, and the problems found so far.
///
/// It continues after a problem, because an operator wants to see all problems at once.
struct Reading {
  let file: String
  private(set) var problems: [UnitFileProblem]
  private var inForce: [Key: [UnitFile.Assignment]] = [:]
  private var mentioned: Set<Key> = []
  /// Keys whose values messages never quote.
  private var hidden: Set<Key> = []
  private var headers: [String: Int] = [:]
  /// Keys whose absence was already reported, as a misspelling.
  private var meant: Set<Key> = []
  private var meantSections: Set<String> = []
  private var refusals = 0
  /// Whether lines are unreadable: then a key or section that seems absent may be on one of them.
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
      guard mayBeShown() else { return complain(section.line, "is unknown") }
      let refusal = vocabulary.refusal(ofSection: section.name)
      complain(section.line, refusal.message)
      guard let name = refusal.meant else { return }
      meantSections.insert(name)
      // Reports all at once: the unknown keys below the header stay unknown after the header is fixed.
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
      guard mayBeShown() else { return complain(assignment.line, "is unknown") }
      let refusal = vocabulary.refusal(ofKey: assignment.key, in: section)
      if let word = refusal.meant { meant.insert(Key(section: section.name, key: word)) }
      return complain(assignment.line, refusal.message)
    }
    mentioned.insert(key)
    if section.hidden.contains(assignment.key) { hidden.insert(key) }
    if assignment.value.isEmpty {
      inForce[key] = nil
    } else if !isList, let first = inForce[key]?.first {
      complain(assignment.line, "\(assignment.key)= is given twice, first on line \(first.line). Remove one")
    } else {
      inForce[key, default: []].append(assignment)
    }
  }

  /// Whether the problem of the next unknown word may be shown, so that a suggestion is worth its cost.
  ///
  /// Words are refused in line order. Problems beyond the first ones are never shown, only counted.
  private mutating func mayBeShown() -> Bool {
    refusals += 1
    return refusals <= Limits.unitFileProblems
  }

  /// The line of a section's first header; nil if the section is absent.
  func line(of section: String) -> Int? { headers[section] }

  /// The first line on which a key is in force; nil if it is not in force.
  func line(ofKey key: String, in section: String) -> Int? { inForce[Key(section: section, key: key)]?.first?.line }

  /// Whether the file has a key, also with an empty value.
  func isMentioned(_ key: String, in section: String) -> Bool {
    mentioned.contains(Key(section: section, key: key))
  }

  /// Reads the value of a key that is given at most once; nil if it is absent or refused.
  mutating func value<Value>(
    _ key: String, in section: String, as read: (String) throws(ValueRefusal) -> Value
  ) -> Value? {
    values(key, in: section, as: read).first
  }

  /// Reads the values of a key, in order, without the refused ones.
  mutating func values<Value>(
    _ key: String, in section: String, as read: (String) throws(ValueRefusal) -> Value
  ) -> [Value] {
    let name = Key(section: section, key: key)
    var values: [Value] = []
    for assignment in inForce[name] ?? [] {
      do throws(ValueRefusal) {
        values.append(try read(assignment.value))
      } catch {
        let shown = hidden.contains(name) ? "" : assignment.value.abbreviated
        complain(assignment.line, "\(key)=\(shown) \(error.message)\(assignment.hint)")
      }
    }
    return values
  }

  /// Complains if a section is present without a key that it needs.
  mutating func require(_ key: String, in section: String, example: String) {
    let name = Key(section: section, key: key)
    guard let line = headers[section], inForce[name] == nil, !meant.contains(name), !isDamaged else { return }
    complain(line, "[\(section)] needs \(key)=, for example \(key)=\(example)")
  }

  mutating func complain(_ line: Int, _ message: String) {
    problems.append(UnitFileProblem(file: file, line: line, message: message))
  }

  /// Complains that all of some sections are absent, unless a misspelt header or a lost line may be one of them.
  mutating func complain(aboutAbsenceOf sections: Set<String>, _ message: String) {
    if !isDamaged && meantSections.isDisjoint(with: sections) { complain(0, message) }
  }

  /// The assignments in force, as a unit file: no comments, no blank lines, every value on one line, in file order.
  var canonical: String {
    let ordered = inForce.flatMap { key, values in values.map { (section: key.section, assignment: $0) } }
      .sorted { $0.assignment.line < $1.assignment.line }
    var text = ""
    var section: String?
    for entry in ordered {
      if entry.section != section { text += "[\(entry.section)]\n" }
      section = entry.section
      text += "\(entry.assignment.key)=\(entry.assignment.value)"
      // A value that ends in a backslash had white space after it. Without a space it would join the next line.
      text += Array(entry.assignment.value.utf8).endsInBackslash ? " \n" : "\n"
    }
    return text
  }

  /// Returns the value, or the problems if the file has any.
  func result<Value>(_ value: Value?) -> Result<Value, UnitFileProblems> {
    guard problems.isEmpty else { return .failure(UnitFileProblems(problems)) }
    guard let value else { fatalError("\(file) was refused without a problem") }
    return .success(value)
  }
}

extension UnitFile.Assignment {
  /// A note on a further fault of a refused value, for the end of its message; empty without one.
  fileprivate var hint: String {
    let comment = value.contains(" #") ? " (a comment needs its own line)" : ""
    guard let odd = OddCharacter.first(in: value) else { return comment }
    return "\(comment) (its value has \(odd.sentence))"
  }
}
