/// A word of an enumeration as it was read: known to this version, or only to another one.
///
/// Stores and daemons outlive programs. Readers therefore accept words of later versions, show them unchanged, and
/// never change the rows that hold them.
public enum Word<Known: RawRepresentable & Hashable & Sendable>: Hashable, Sendable where Known.RawValue == String {
  /// A word of this version.
  case known(Known)
  /// A word that is unknown to this version, as written.
  case unknown(String)

  /// Creates a word of this version.
  public init(_ known: Known) { self = .known(known) }

  /// Reads a word; accepts any text.
  public init(rawValue: String) { self = Known(rawValue: rawValue).map(Word.known) ?? .unknown(rawValue) }

  /// The text, as stored and sent.
  public var rawValue: String {
    switch self {
    case .known(let word): word.rawValue
    case .unknown(let text): text
    }
  }

  /// The word if this version knows it, else nil.
  public var known: Known? {
    guard case .known(let word) = self else { return nil }
    return word
  }
}

/// Whether a word equals one of this version; false for nil.
public func == <Known>(word: Word<Known>?, known: Known) -> Bool { word?.known == known }

/// Whether a word differs from one of this version; true for nil.
public func != <Known>(word: Word<Known>?, known: Known) -> Bool { word?.known != known }

extension Word<JobStatus> {
  /// Whether the status never changes again; false for a word of another version.
  public var isTerminal: Bool { known?.isTerminal == true }
}
