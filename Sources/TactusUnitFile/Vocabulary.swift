/// The sections and keys that a kind of file may hold.
struct Vocabulary: Sendable {
  /// What this version reads.
  let sections: [Section]
  /// Sections that Tactus knows, but that this version does not serve.
  var laterSections: [String] = []

  /// The keys of one section.
  ///
  /// Each key is either shown or hidden: whoever adds one decides.
  struct Section: Sendable {
    let name: String
    /// Keys whose values a message may quote.
    let shown: Set<String>
    /// Keys whose values may hold a secret: a message names the key, the line and the reason, never any of the value.
    ///
    /// Messages go to the log and to the status, which more people read than the files.
    let hidden: Set<String>
    /// Those of both whose repetition appends; the others stand at most once.
    var lists: Set<String> = []
    /// Keys that Tactus knows, but that this version does not enforce: refused by name, never accepted silently.
    var later: Set<String> = []

    var keys: Set<String> { shown.union(hidden) }
  }

  /// Whether it is that of workflow files, whose words people bring along from elsewhere.
  private var isOfWorkflow: Bool { section(named: "Schedule") != nil }

  func section(named name: String) -> Section? { sections.first { $0.name == name } }

  /// Why a section is refused, and the one that was probably meant.
  func refusal(ofSection name: String) -> (message: String, meant: String?) {
    if laterSections.contains(name) { return ("[\(name)] is not supported by this version yet: remove it", name) }
    let known = sections.map(\.name)
    let shown = "\(ShownName(name).inBrackets) is not a section of this file"
    if isOfWorkflow, let foreign = ForeignWords.sections[name] { return ("\(shown): \(foreign.hint)", foreign.meant) }
    if let meant = Spelling.nearest(to: name, among: known) { return ("\(shown): did you mean [\(meant)]?", meant) }
    return ("\(shown): it may have \(known.map { "[\($0)]" }.joined(separator: " "))", nil)
  }

  /// Why a key is refused, and the key that was probably meant.
  func refusal(ofKey key: String, in section: Section) -> (message: String, meant: String?) {
    if sections.contains(where: { $0.later.contains(key) }) {
      return ("\(key)= is not supported by this version yet: remove it", nil)
    }
    let shown = "\(ShownName(key).asKey) is not a key of [\(section.name)]"
    if isOfWorkflow, let foreign = ForeignWords.key(key) {
      // The word may be one of another section as well, for something else.
      let home = sections.first { $0.keys.contains(key) }.map { "; in [\($0.name)] it means something else" }
      return ("\(shown): \(foreign.hint)\(home ?? "")", foreign.meant)
    }
    if let home = sections.first(where: { $0.keys.contains(key) }) {
      return ("\(key)= belongs in [\(home.name)], not in [\(section.name)]: move it there", nil)
    }
    if let meant = Spelling.nearest(to: key, among: section.keys) {
      return ("\(shown): did you mean \(meant)=?", meant)
    }
    if let home = sections.first(where: { Spelling.nearest(to: key, among: $0.keys) != nil }),
      let meant = Spelling.nearest(to: key, among: home.keys)
    {
      return ("\(shown): did you mean \(meant)= in [\(home.name)]?", nil)
    }
    return ("\(shown): it may have \(section.keys.sorted().map { "\($0)=" }.joined(separator: " "))", nil)
  }
}
