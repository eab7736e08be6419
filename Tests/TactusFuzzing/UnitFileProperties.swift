import TactusModel
import TactusUnitFile

/// Checks the properties of any bytes in a file of the configuration directory.
///
/// The bytes are read as a file of each kind. No valid file contains a NUL, so NULs separate successive versions of a
/// workflow file, as edits create them.
public func checkUnitFiles(_ bytes: [UInt8]) throws(Violation) {
  let queues = Set(Kind.allCases.map { QueueName(builtIn: $0) })
  guard let name = WorkflowName("fuzzed") else { throw Violation("the workflow has no name") }
  try checkSyntax(bytes)
  try checkFileNames(String(decoding: bytes, as: UTF8.self))
  try checkQueueFile(bytes)
  try checkDaemonFile(bytes)
  var before: Definition?
  for version in bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false) {
    let bytes = Array(version)
    let read = { (bytes: [UInt8]) in WorkflowFile.read(bytes, name: name, queues: queues) }
    switch read(bytes) {
    case .failure(let problems): try check(problems, of: bytes, "fuzzed.workflow")
    case .success(let definition):
      try check(definition)
      try checkCanonical(definition, again: read(Array(definition.canonical.utf8)))
      if let before { try checkDifference(from: before.canonical, to: definition.canonical) }
      before = definition
    }
  }
  if bytes.contains(0), case .success = WorkflowFile.read(bytes, name: name, queues: queues) {
    throw Violation("a file with a NUL is read")
  }
}

/// The problems of a refused file have messages that fit a line of the journal.
private func check(_ problems: UnitFileProblems, of bytes: [UInt8], _ file: String) throws(Violation) {
  let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
  try hold(!problems.problems.isEmpty, "\(file) is refused without a reason")
  try hold(problems.problems.count <= Limits.unitFileProblems + 1, "\(problems.problems.count) problems are reported")
  for problem in problems.problems {
    try hold(problem.file == file, "\(problem) names another file")
    try hold((0...lines).contains(problem.line), "\(problem) is on a line that does not exist")
    try hold(!problem.message.isEmpty && problem.message.unicodeScalars.count < 1000, "\(problem) is empty or too long")
    try hold(
      !problem.message.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\t" },
      "\(problem) contains a control character")
  }
}

private func checkSyntax(_ bytes: [UInt8]) throws(Violation) {
  let (unit, problems) = UnitFile.read(bytes, file: "f")
  try hold(bytes.count <= Limits.unitFileBytes || !problems.isEmpty, "a file that is too large is read")
  for section in unit.sections {
    for assignment in section.assignments {
      try hold(!assignment.key.isEmpty, "a key on line \(assignment.line) is empty")
      try checkSpan(assignment.value)
    }
  }
}

private func checkFileNames(_ text: String) throws(Violation) {
  switch WorkflowFile.name(ofFile: text) {
  case .success(let name): try hold("\(name).workflow" == text, "\(text) names \(name)")
  case .failure(let problems): try hold(!problems.problems.isEmpty, "a name is refused without a reason")
  }
  switch QueueFile.kind(ofFile: text) {
  case .success(let kind): try hold("\(kind.rawValue).queue" == text, "\(text) names \(kind)")
  case .failure(let problems): try hold(!problems.problems.isEmpty, "a name is refused without a reason")
  }
}

private func checkQueueFile(_ bytes: [UInt8]) throws(Violation) {
  let read = { (defaults: QueueLimits) in QueueFile.read(bytes, file: "q", defaults: defaults) }
  switch read(QueueLimits(maxRunning: 1, maxQueued: 1)) {
  case .failure(let problems): try check(problems, of: bytes, "q")
  case .success(let limits):
    try hold(Limits.maxRunning.contains(limits.maxRunning), "MaxRunning=\(limits.maxRunning) passes")
    try hold(Limits.maxQueued.contains(limits.maxQueued), "MaxQueued=\(limits.maxQueued) passes")
    guard case .success(limits) = read(limits) else {
      throw Violation("a queue file read over its own result changes it")
    }
  }
}

private func checkDaemonFile(_ bytes: [UInt8]) throws(Violation) {
  switch DaemonFile.read(bytes, file: "d") {
  case .failure(let problems): try check(problems, of: bytes, "d")
  case .success(let settings):
    try hold(Limits.stopTimeout.contains(settings.stopTimeout), "StopTimeout=\(settings.stopTimeout) passes")
    try hold(settings.cgroupRoot?.utf8.first ?? UInt8(ascii: "/") == UInt8(ascii: "/"), "a relative CgroupRoot= passes")
    guard case .success(settings) = DaemonFile.read(bytes, file: "d", over: settings) else {
      throw Violation("a daemon file read over its own result changes it")
    }
  }
}
