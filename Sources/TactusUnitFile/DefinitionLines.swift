public import TactusModel

// A definition keeps its text and not its lines: they are looked up when there is something to say.

extension Definition {
  /// A warning of a value, at the line where it stands in the section of the definition's kind.
  ///
  /// - Parameters:
  ///   - value: the value, or the part of it that is meant; nil for one that need not be shown.
  ///   - sentence: how the sentence ends that begins with `Key=value`.
  public func warning(of key: String, _ value: String?, _ sentence: String, file: String) -> UnitFileProblem {
    let assignments = assignments(of: key)
    let line = (assignments.last { $0.value == value } ?? assignments.last)?.line ?? 0
    return UnitFileProblem(file: file, line: line, message: "\(key)=\(value?.abbreviated ?? "") \(sentence)")
  }

  /// What stands behind a key in the section of the definition's kind, in file order, without what goes back to the default.
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
