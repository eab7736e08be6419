/// The meaning of a word on the command line: the help shows its name, completions offer its values.
enum Noun: Hashable {
  case workflow
  case job
  case workflowOrJob
  /// A job, or a workflow for its newest job.
  case jobOrWorkflow
  case file(called: String)
  /// Free text.
  case text(called: String)
  /// One of some words; without a name, the words are the synopsis.
  case word(of: [String], called: String?)
  /// A list of words, separated by commas.
  case list(of: [String], called: String)

  static func word<Word: RawRepresentable<String> & CaseIterable>(
    of words: Word.Type, called name: String? = nil
  ) -> Noun {
    .word(of: words.allCases.map(\.rawValue), called: name)
  }

  static func list<Word: RawRepresentable<String> & CaseIterable>(of words: Word.Type, called name: String) -> Noun {
    .list(of: words.allCases.map(\.rawValue), called: name)
  }

  /// The form in the help: `NAME`, `stdout|stderr`, `STATUS,…`.
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

  /// All valid words; nil if they cannot be listed.
  var words: [String]? {
    switch self {
    case .workflow, .job, .workflowOrJob, .jobOrWorkflow, .file, .text: nil
    case .word(let words, _), .list(let words, _): words
    }
  }

  /// The valid words if the synopsis does not list them, as a sentence without a full stop.
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

/// An operand of a verb.
struct Operand: Hashable {
  enum Count { case one, atMostOne, several }

  let noun: Noun
  let count: Count

  static func one(_ noun: Noun) -> Operand { Operand(noun: noun, count: .one) }
  static func atMostOne(_ noun: Noun) -> Operand { Operand(noun: noun, count: .atMostOne) }
  /// Creates an operand of at least one word, which is the last operand of its verb.
  static func several(_ noun: Noun) -> Operand { Operand(noun: noun, count: .several) }

  var synopsis: String {
    switch count {
    case .one: noun.synopsis
    case .atMostOne: "[\(noun.synopsis)]"
    case .several: "\(noun.synopsis)…"
    }
  }

  /// The valid number of words.
  var words: ClosedRange<Int> {
    switch count {
    case .one: 1...1
    case .atMostOne: 0...1
    case .several: 1...Int.max
    }
  }
}
