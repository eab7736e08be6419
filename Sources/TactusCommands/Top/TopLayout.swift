/// How the height is shared.
enum TopLayout {
  /// What a part of the screen wants.
  struct Want {
    /// Rows below its heading.
    let rows: Int
    /// 0 is the first to get anything.
    let rank: Int
  }

  /// The height of each part, its heading included; 0 for one that has no room.
  ///
  /// First each that has something gets its heading and one row, then each that has nothing its heading, in the order of their
  /// ranks; what is left is given out row by row, so that the small ones get all they want and the large ones share the rest.
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
