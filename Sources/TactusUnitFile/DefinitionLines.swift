public import TactusModel

// A definition keeps its text, not its lines: a warning looks them up.

extension Definition {
  /// Returns a warning of a value, at its line in the section of the definition's kind.
  ///
  /// - Parameters:
  ///   - value: the value, or a part of it; nil to show no value.
  ///   - sentence: the end of the sentence that begins with `Key=value`.
  public func warning(of key: String, _ value: String?, _ sentence: String, file: String) -> UnitFileProblem {
    let assignments = assignments(of: key)
    let line = (assignments.last { $0.value == value } ?? assignments.last)?.line ?? 0
    return UnitFileProblem(file: file, line: line, message: "\(key)=\(value?.abbreviated ?? "") \(sentence)")
  }

  /// Returns the assignments of a key in the section of the definition's kind, in file order, without empty values.
  func assignments(of key: String) -> [UnitFile.Assignment] {
    let section =
      switch work {
      case .command: "Command"
      case .container: "Container"
      case .heartbeat: "Heartbeat"
      }
    return UnitFile.read(Array(text.utf8), file: "").unit.sections
      .filter { $0.name == section }.flatMap(\.assignments).filter { $0.key == key && !$0.value.isEmpty }
  }
}
