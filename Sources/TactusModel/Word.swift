/// A word of an enumeration as it was read: one that this version knows, or one that only another version knows.
///
/// Stores and daemons outlive programs, so readers expect words of later versions, show them as they are, and change nothing
/// that they belong to.
public enum Word<Known: RawRepresentable & Hashable & Sendable>: Hashable, Sendable where Known.RawValue == String {
  /// A word of this version.
  case known(Known)
  /// A word that this version does not have, as it was written.
  case unknown(String)

  /// Wraps a word of this version.
  public init(_ known: Known) { self = .known(known) }

  /// Reads a word; any text is one.
  public init(rawValue: String) { self = Known(rawValue: rawValue).map(Word.known) ?? .unknown(rawValue) }

  /// The text, as stored and sent.
  public var rawValue: String {
    switch self {
    case .known(let word): word.rawValue
    case .unknown(let text): text
    }
  }

  /// The word, if this version knows it; else nil.
  public var known: Known? {
    guard case .known(let word) = self else { return nil }
    return word
  }
}

/// Whether a word is a certain one of this version; false for nil.
public func == <Known>(word: Word<Known>?, known: Known) -> Bool { word?.known == known }

/// Whether a word is another one, or nil.
public func != <Known>(word: Word<Known>?, known: Known) -> Bool { word?.known != known }

extension Word<JobStatus> {
  /// Whether rows in this status never change status again; false for a word of another version.
  public var isTerminal: Bool { known?.isTerminal == true }
}
