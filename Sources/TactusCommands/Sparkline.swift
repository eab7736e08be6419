/// Draws numbers as a line of bars, one character each.
enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// Draws the lowest bar only for 0, the highest only for the largest number, and a blank for nil.
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
