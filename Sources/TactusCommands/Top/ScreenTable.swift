/// Rows under a heading that fit any width: what matters least goes first, and the first column takes what is left.
struct ScreenTable {
  struct Column {
    let title: String
    var isRight = false
    /// No narrower than this, so that it does not move with what it shows.
    var least = 0
    /// The highest goes first when it gets narrow; 0 never.
    var rank = 0
  }

  private let columns: [Column]
  private(set) var rows: [[Table.Cell]] = []

  /// The first column has the title of the whole.
  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ row: [Table.Cell]) { rows.append(row) }

  private static let gap = 2
  /// The first column is no narrower than this if another can go.
  private static let narrowest = 16
  /// And no wider, unless what it shows is: else the others would be far away from it.
  private static let widest = 36

  /// The heading, and as many of the rows as there is height for the whole.
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

  /// The columns that fit, and how wide they are.
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
