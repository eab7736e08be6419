/// What a word on the command line stands for: the help shows its name, completions offer what it can be.
enum Noun: Hashable {
  case workflow
  case job
  case workflowOrJob
  /// A job, or the newest of a workflow.
  case jobOrWorkflow
  case file(called: String)
  /// What nobody can guess.
  case text(called: String)
  /// One of some words; without a name they are the synopsis.
  case word(of: [String], called: String?)
  /// Some of some words, with commas between them.
  case list(of: [String], called: String)

  static func word<Word: RawRepresentable<String> & CaseIterable>(
    of words: Word.Type, called name: String? = nil
  ) -> Noun {
    .word(of: words.allCases.map(\.rawValue), called: name)
  }

  static func list<Word: RawRepresentable<String> & CaseIterable>(of words: Word.Type, called name: String) -> Noun {
    .list(of: words.allCases.map(\.rawValue), called: name)
  }

  /// As it stands in the help: `NAME`, `stdout|stderr`, `STATUS,…`.
  var synopsis: String {
    switch self {
    case .workflow: "NAME"
    case .job: "ID"
    case .workflowOrJob: "NAME|ID"
    case .jobOrWorkflow: "ID|NAME"
    case .file(let name), .text(let name): name
    case .word(let words, let name): name ?? words.joined(separator: "|")
    case .list(_, let name): "\(name),…"
    }
  }

  /// All that it can be; nil if that cannot be listed.
  var words: [String]? {
    switch self {
    case .workflow, .job, .workflowOrJob, .jobOrWorkflow, .file, .text: nil
    case .word(let words, _), .list(let words, _): words
    }
  }

  /// What the synopsis does not say, in a sentence without a full stop.
  var explanation: String? {
    let words: [String]
    let name: String
    switch self {
    case .word(of: let all, called: let called?), .list(of: let all, called: let called): (words, name) = (all, called)
    default: return nil
    }
    return "\(name) is \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")"
  }
}

/// What stands after a verb.
struct Operand: Hashable {
  enum Count { case one, atMostOne, several }

  let noun: Noun
  let count: Count

  static func one(_ noun: Noun) -> Operand { Operand(noun: noun, count: .one) }
  static func atMostOne(_ noun: Noun) -> Operand { Operand(noun: noun, count: .atMostOne) }
  /// At least one; the last of a verb's operands.
  static func several(_ noun: Noun) -> Operand { Operand(noun: noun, count: .several) }

  var synopsis: String {
    switch count {
    case .one: noun.synopsis
    case .atMostOne: "[\(noun.synopsis)]"
    case .several: "\(noun.synopsis)…"
    }
  }

  /// How many words it may be.
  var words: ClosedRange<Int> {
    switch count {
    case .one: 1...1
    case .atMostOne: 0...1
    case .several: 1...Int.max
    }
  }
}
