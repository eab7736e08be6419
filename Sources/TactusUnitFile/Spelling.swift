/// Finds the known word that a misspelt word probably means.
public enum Spelling {
  /// Returns the candidate nearest to a word, regardless of case; nil if no candidate is near.
  public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let bound = max(1, word.utf8.count / 3)
    return candidates.map { (word: $0, distance: distance(word, $0)) }
      .filter { $0.distance <= bound }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
      .word
  }

  /// Counts the insertions, removals, replacements and swaps of neighbours that turn one word into the other.
  ///
  /// Source: the "optimal string alignment" distance.
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.lowercased().utf8), Array(right.lowercased().utf8))
    // Not computed for words of very different lengths: they are far apart, and a key may have 256 KiB.
    guard abs(left.count - right.count) <= 8 else { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var least = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
