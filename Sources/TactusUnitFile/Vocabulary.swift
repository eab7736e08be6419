/// The sections and keys of a kind of file.
struct Vocabulary: Sendable {
  /// The sections that this version reads.
  let sections: [Section]
  /// Known sections that this version does not support yet.
  var laterSections: [String] = []

  /// The keys of one section.
  ///
  /// Each key is either shown or hidden.
  struct Section: Sendable {
    let name: String
    /// Keys whose values a message may quote.
    let shown: Set<String>
    /// Keys whose values may hold a secret: a message names the key, the line and the reason, never a part of the
    /// value.
    ///
    /// More people read the log and the status than the files.
    let hidden: Set<String>
    /// Shown and hidden keys whose repetition appends.
    ///
    /// The others may be given at most once.
    var lists: Set<String> = []
    /// Known keys that this version does not support yet.
    ///
    /// They are refused by name, never accepted silently.
    var later: Set<String> = []

    var keys: Set<String> { shown.union(hidden) }
  }

  /// Whether this is the vocabulary of workflow files, where words of cron and systemd are common.
  private var isOfWorkflow: Bool { section(named: "Schedule") != nil }

  func section(named name: String) -> Section? { sections.first { $0.name == name } }

  /// Returns the message for an unknown section, and the section that was probably meant.
  func refusal(ofSection name: String) -> (message: String, meant: String?) {
    if laterSections.contains(name) { return ("[\(name)] is not supported by this version yet. Remove it", name) }
    let known = sections.map(\.name)
    let shown = "\(ShownName(name).inBrackets) is not a section here"
    if isOfWorkflow, let foreign = ForeignWords.sections[name] { return ("\(shown). \(foreign.hint)", foreign.meant) }
    if let meant = Spelling.nearest(to: name, among: known) { return ("\(shown). Did you mean [\(meant)]?", meant) }
    return ("\(shown). Known sections: \(known.map { "[\($0)]" }.joined(separator: " "))", nil)
  }

  /// Returns the message for an unknown key, and the key that was probably meant.
  func refusal(ofKey key: String, in section: Section) -> (message: String, meant: String?) {
    if sections.contains(where: { $0.later.contains(key) }) {
      return ("\(key)= is not supported by this version yet. Remove it", nil)
    }
    let shown = "\(ShownName(key).asKey) is not a key of [\(section.name)]"
    if isOfWorkflow, let foreign = ForeignWords.key(key) {
      // Another section may also have the key, with another meaning.
      let home = sections.first { $0.keys.contains(key) }.map { ". In [\($0.name)] it means something else" }
      return ("\(shown). \(foreign.hint)\(home ?? "")", foreign.meant)
    }
    if let home = sections.first(where: { $0.keys.contains(key) }) {
      return ("\(key)= belongs in [\(home.name)], not in [\(section.name)]. Move it there", nil)
    }
    if let meant = Spelling.nearest(to: key, among: section.keys) {
      return ("\(shown). Did you mean \(meant)=?", meant)
    }
    if let home = sections.first(where: { Spelling.nearest(to: key, among: $0.keys) != nil }),
      let meant = Spelling.nearest(to: key, among: home.keys)
    {
      return ("\(shown). Did you mean \(meant)= in [\(home.name)]?", nil)
    }
    return ("\(shown). Known keys: \(section.keys.sorted().map { "\($0)=" }.joined(separator: " "))", nil)
  }
}
