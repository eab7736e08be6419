/// Numbers as a line of bars, one character each.
enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// Only nothing has the lowest bar, and only the largest the highest; what is absent is a blank.
  static func text(_ values: [Int64?]) -> String {
    let most = values.compactMap(\.self).max() ?? 0
    return String(
      values.map { value -> Character in
        guard let value else { return " " }
        guard value > 0 else { return bars[0] }
        return bars[1 + Int(Double(value) / Double(most) * Double(bars.count - 2))]
      })
  }
}
