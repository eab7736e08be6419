/// A table that fits any width: it omits the least important columns first, and the first column takes the rest.
struct ScreenTable {
  struct Column {
    let title: String
    var isRight = false
    /// The minimum width, so that the column does not move when its content changes.
    var least = 0
    /// The column with the highest rank is omitted first; 0 is never omitted.
    var rank = 0
  }

  private let columns: [Column]
  private(set) var rows: [[Table.Cell]] = []

  /// Creates a table; the title of the first column is the title of the table.
  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ row: [Table.Cell]) { rows.append(row) }

  private static let gap = 2
  /// The minimum width of the first column, as long as another column can be omitted.
  private static let narrowest = 16
  /// Its maximum width, unless its content is wider: more would move the other columns far away.
  private static let widest = 36

  /// Returns the heading, and as many rows as fit the height.
  func lines(width: Int, height: Int) -> [ScreenRow] {
    guard height > 0 else { return [] }
    let shown = rows.prefix(height - 1)
    let (places, widths) = placed(shown, width)
    let heading = shown.isEmpty ? [Table.Cell(columns[0].title, .bold)] : columns.map { Table.Cell($0.title, .bold) }
    return ([heading] + shown).map { line($0, places, widths).clipped(to: width) }
  }

  private func line(_ cells: [Table.Cell], _ places: [Int], _ widths: [Int]) -> ScreenRow {
    var line = ScreenRow()
    for (place, width) in zip(places, widths) where place < cells.count {
      if line.width > 0 { line.append(String(repeating: " ", count: Self.gap)) }
      let cell = ScreenRow(cells[place].text, cells[place].style).clipped(to: width)
      let end = line.width + width
      if columns[place].isRight { line.pad(to: end - cell.width) }
      line.append(cell)
      if place != places.last { line.pad(to: end) }
    }
    return line
  }

  /// Returns the columns that fit, and their widths.
  private func placed(_ shown: ArraySlice<[Table.Cell]>, _ width: Int) -> (places: [Int], widths: [Int]) {
    var places = Array(columns.indices)
    let needs = columns.indices.map { place in
      shown.reduce(max(columns[place].title.columns, columns[place].least)) { max($0, $1[place].text.columns) }
    }
    func room() -> Int { width - places.dropFirst().reduce(0) { $0 + needs[$1] + Self.gap } }
    while room() < min(needs[0], Self.narrowest),
      let least = places.filter({ columns[$0].rank > 0 }).max(by: { columns[$0].rank < columns[$1].rank })
    {
      places.removeAll { $0 == least }
    }
    let first = max(1, min(room(), max(needs[0], Self.widest)))
    return (places, [first] + places.dropFirst().map { needs[$0] })
  }
}
