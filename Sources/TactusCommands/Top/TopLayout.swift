/// Distributes the height among the parts of the screen.
enum TopLayout {
  /// The wanted size of a part.
  struct Want {
    /// The number of rows below its heading.
    let rows: Int
    /// The priority; 0 is served first.
    let rank: Int
  }

  /// Returns the height of each part with its heading; 0 for a part without room.
  ///
  /// In the order of ranks, each part with rows gets its heading and one row. Then each empty part gets its heading.
  /// The rest is distributed row by row, so that small parts get all their rows, and large parts share the rest.
  static func heights(for wants: [Want], within height: Int) -> [Int] {
    var heights = wants.map { _ in 0 }
    var rest = height
    let order = wants.indices.sorted { wants[$0].rank < wants[$1].rank }
    for isEmpty in [false, true] {
      for place in order where (wants[place].rows == 0) == isEmpty {
        let need = isEmpty ? 1 : 2
        guard need <= rest else { continue }
        heights[place] = need
        rest -= need
      }
    }
    while rest > 0 {
      let hungry = order.filter { heights[$0] > 0 && heights[$0] <= wants[$0].rows }
      guard !hungry.isEmpty else { break }
      for place in hungry.prefix(rest) {
        heights[place] += 1
        rest -= 1
      }
    }
    return heights
  }
}
