/// Names and values of one object, one per line, with aligned names.
struct Sheet {
  private var lines: [(name: String, value: String)] = []

  /// Adds a line; a nil value adds nothing.
  mutating func add(_ name: String, _ value: String?) {
    if let value { lines.append((name, value.visible)) }
  }

  func print(on console: Console) {
    let width = lines.reduce(0) { max($0, $1.name.columns) }
    for line in lines {
      let space = String(repeating: " ", count: width - line.name.columns)
      let value = console.columns.map { line.value.wrapped(to: $0 - width - 2) } ?? [line.value]
      console.print("\(space)\(line.name): \(value[0])")
      for more in value.dropFirst() { console.print("\(String(repeating: " ", count: width + 2))\(more)") }
    }
  }
}
