/// Pages of a list, one after the other, until there is as much as was asked for.
enum Paging {
  /// What one request of the daemon may ask for.
  private static let largestPage = 1000
  /// What a person may ask for; it is all held in memory, because columns are as wide as their widest cell.
  static let limits = 1...1_000_000

  /// Asks for pages; one may be short, or empty, although it is not the last.
  /// - Parameter ask: gets the place and how many at most; returns how many there were, and the place of the next.
  /// - Returns: where the list goes on; nil at its end.
  static func fill(
    _ limit: Int, from cursor: String?, _ ask: (_ cursor: String?, _ limit: Int) throws -> (count: Int, next: String?)
  ) rethrows -> String? {
    var cursor = cursor
    var rest = limit
    repeat {
      let page = try ask(cursor, min(rest, largestPage))
      rest -= page.count
      // The same place again would never end.
      guard page.next != cursor else { return nil }
      cursor = page.next
    } while rest > 0 && cursor != nil
    return cursor
  }
}
