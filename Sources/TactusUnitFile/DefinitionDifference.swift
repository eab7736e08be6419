/// Shows what an edit changes, line by line, for a person who is about to apply it.
public struct DefinitionDifference: Hashable, Sendable {
  /// Lines such as `-[Section] Key=old` and `+[Section] Key=new`, in file order; empty if nothing changed.
  ///
  /// At the same place, removals are before additions.
  public let lines: [String]

  /// Compares two canonical texts.
  ///
  /// The cost is at most ``searchedLines`` squared. Longer differences are shown as one whole replacement.
  public init(from old: String, to new: String) {
    let (old, new) = (Self.labelled(old), Self.labelled(new))
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let removed = old[head..<(old.count - tail)]
    let added = new[head..<(new.count - tail)]
    guard max(removed.count, added.count) <= Self.searchedLines else {
      lines = removed.map { "-\($0)" } + added.map { "+\($0)" }
      return
    }
    lines = Self.merged(Array(removed), Array(added))
  }

  /// The largest number of differing lines that is searched for common lines.
  static let searchedLines = 1000

  private static func merged(_ old: [String], _ new: [String]) -> [String] {
    let difference = new.difference(from: old)
    let gone = Set(difference.removals.map(\.offset))
    let fresh = Set(difference.insertions.map(\.offset))
    var lines: [String] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      while gone.contains(left) {
        lines.append("-\(old[left])")
        left += 1
      }
      while fresh.contains(right) {
        lines.append("+\(new[right])")
        right += 1
      }
      // A line that is neither gone nor fresh is in both texts, at these two places.
      (left, right) = (left + 1, right + 1)
    }
    return lines
  }

  /// Returns each assignment after its section, because `Timeout=5s` alone is ambiguous.
  private static func labelled(_ canonical: String) -> [String] {
    var section = ""
    var lines: [String] = []
    for line in canonical.split(separator: "\n") {
      if line.first == "[" { section = String(line) } else { lines.append("\(section) \(line)") }
    }
    return lines
  }
}

extension CollectionDifference.Change {
  fileprivate var offset: Int {
    switch self {
    case .insert(let offset, _, _), .remove(let offset, _, _): offset
    }
  }
}
