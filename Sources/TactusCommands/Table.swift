/// A table with headings, as wide as its cells, and never wider than the terminal.
struct Table {
  struct Column {
    let title: String
    var isRight = false
    /// Whether the column may be shortened to fit, down to its title.
    var isFlexible = false
    /// Whether the column is omitted if the table is too wide.
    var isDispensable = false
  }

  struct Cell: ExpressibleByStringLiteral {
    let text: String
    var style = Style.plain

    init(_ text: String?, _ style: Style = .plain) {
      self.text = text?.visible ?? "-"
      self.style = style
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  private let columns: [Column]
  private var rows: [[Cell]] = []

  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ row: [Cell]) { rows.append(row) }

  func print(on console: Console, hasHeading: Bool = true) {
    let natural = self.widths(within: nil)
    if let limit = console.columns, width(of: natural) > limit, columns.contains(where: \.isDispensable) {
      return indispensable.print(on: console, hasHeading: hasHeading)
    }
    let widths = self.widths(within: console.columns)
    if hasHeading { console.print(line(columns.map { Cell($0.title, .bold) }, widths, console)) }
    for row in rows { console.print(line(row, widths, console)) }
  }

  private var indispensable: Table {
    let kept = columns.indices.filter { !columns[$0].isDispensable }
    var table = Table(kept.map { columns[$0] })
    for row in rows { table.add(kept.map { row[$0] }) }
    return table
  }

  private func width(of widths: [Int]) -> Int { widths.reduce(0, +) + 2 * (widths.count - 1) }

  private func line(_ cells: [Cell], _ widths: [Int], _ console: Console) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let text = cell.text.shortened(to: widths[index])
      let space = String(repeating: " ", count: widths[index] - text.columns)
      let styled = cell.style.applied(to: text, on: console)
      let isLast = index == cells.count - 1
      line += columns[index].isRight ? space + styled : styled + (isLast ? "" : space)
      if !isLast { line += "  " }
    }
    return line
  }

  /// The width of each column: its widest cell.
  ///
  /// If the table is too wide, the widest flexible columns shrink, and on a very narrow terminal any column.
  private func widths(within limit: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      rows.reduce(columns[index].title.columns) { max($0, $1[index].text.columns) }
    }
    guard let limit else { return widths }
    var surplus = width(of: widths) - limit
    let flexible = columns.indices.filter { columns[$0].isFlexible }
    for (shrinkable, least) in [(flexible, nil), (Array(columns.indices), 4)] {
      while surplus > 0 {
        let wide = shrinkable.filter { widths[$0] > least ?? columns[$0].title.columns }
        guard let widest = wide.max(by: { widths[$0] < widths[$1] }) else { break }
        widths[widest] -= 1
        surplus -= 1
      }
    }
    return widths
  }
}
