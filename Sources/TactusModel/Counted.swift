extension BinaryInteger {
  /// Returns the number with its noun: `1 job`, `2 jobs`.
  ///
  /// - Parameter things: the plural; nil for the singular with an `s`.
  public func counted(_ thing: String, _ things: String? = nil) -> String {
    "\(self) \(self == 1 ? thing : things ?? "\(thing)s")"
  }
}
