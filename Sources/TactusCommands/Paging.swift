/// Fetches the pages of a list, one after the other, up to the requested number of rows.
enum Paging {
  /// The largest limit of one request.
  private static let largestPage = 1000
  /// The valid values of `--limit`.
  ///
  /// All rows are held in memory, because columns are as wide as their widest cell.
  static let limits = 1...1_000_000

  /// Fetches pages.
  ///
  /// A page can be short or empty without being the last one.
  ///
  /// - Parameter ask: takes the cursor and the limit; returns the number of rows, and the next cursor.
  /// - Returns: the cursor of the next page; nil at the end of the list.
  static func fill(
    _ limit: Int, from cursor: String?, _ ask: (_ cursor: String?, _ limit: Int) throws -> (count: Int, next: String?)
  ) rethrows -> String? {
    var cursor = cursor
    var rest = limit
    repeat {
      let page = try ask(cursor, min(rest, largestPage))
      rest -= page.count
      // The same cursor again would loop forever.
      guard page.next != cursor else { return nil }
      cursor = page.next
    } while rest > 0 && cursor != nil
    return cursor
  }
}
