extension BinaryInteger {
  /// `1 job`, `2 jobs`: so many things, for sentences.
  /// - Parameter things: of several; nil for the one with an `s`.
  public func counted(_ thing: String, _ things: String? = nil) -> String {
    "\(self) \(self == 1 ? thing : things ?? "\(thing)s")"
  }
}
