import TactusModel
import TactusUnitFile

/// A definition that passes is within the limits, and its runner can use all its values.
func check(_ definition: Definition) throws(Violation) {
  switch definition.work {
  case .command(let command): try check(command)
  case .heartbeat(let heartbeat): try check(heartbeat)
  case .container(let container): try check(container)
  }
  if let schedule = definition.schedule {
    try hold(Limits.interval.contains(schedule.interval), "Interval=\(schedule.interval) passes")
    try hold(schedule.startAt.map(Limits.startAt.contains) ?? true, "a StartAt= outside of the limits passes")
  }
  let policies = definition.policies
  try hold(Limits.priority.contains(policies.priority), "Priority=\(policies.priority) passes")
  try hold(Limits.misfireLimit.contains(policies.misfireLimit), "MisfireLimit=\(policies.misfireLimit) passes")
  try hold(Limits.logLimit.contains(policies.logLimit), "LogLimit=\(policies.logLimit) passes")
  try hold(
    policies.maxConsecutiveFailures.map(Limits.maxConsecutiveFailures.contains) ?? true,
    "a MaxConsecutiveFailures= outside of the limits passes")
  try hold(
    policies.startWithin.map { $0 > .zero && $0 <= Limits.startWithin } ?? true,
    "a StartWithin= outside of the limits passes")
}

private func check(_ command: Command) throws(Violation) {
  try hold(command.arguments.first?.utf8.first == UInt8(ascii: "/"), "a program without an absolute path passes")
  for word in command.arguments + command.environment + [command.workingDirectory ?? ""] {
    try hold(!word.utf8.contains(0), "a word with a NUL passes")
    try hold(word.utf8.count <= Limits.argumentBytes, "a word that Linux does not accept passes")
  }
  try hold(command.environment.allSatisfy { $0.utf8.contains(UInt8(ascii: "=")) }, "a variable without a value passes")
  try hold(
    command.timeout.map { $0 > .zero && $0 <= Limits.commandTimeout } ?? true,
    "Timeout=\(String(describing: command.timeout)) passes")
}

private func check(_ container: Container) throws(Violation) {
  let words = container.arguments + container.entrypoint + container.environment
  for word in words + [container.workingDirectory, container.user, container.network].compactMap(\.self) {
    try hold(!word.utf8.contains(0), "a word with a NUL passes")
    try hold(word.utf8.count <= Limits.argumentBytes, "a word that Linux does not accept passes")
  }
  try hold(ImageName(container.image.text) == container.image, "an image differs from its name")
  for volume in container.volumes {
    try hold(volume.target.utf8.first == UInt8(ascii: "/"), "a volume without an absolute target passes")
  }
  try hold(container.timeout > .zero && container.timeout <= Limits.containerTimeout, "a long time-out passes")
  try hold(container.memory.map(Limits.containerMemory.contains) ?? true, "Memory= outside of the limits passes")
}

private func check(_ heartbeat: Heartbeat) throws(Violation) {
  for text in heartbeat.headers + [heartbeat.endpoint] {
    try hold(!text.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }, "a line break passes into the request")
  }
  try hold(
    heartbeat.timeout > .zero && heartbeat.timeout <= Limits.heartbeatTimeout, "Timeout=\(heartbeat.timeout) passes")
}

/// The canonical text is a file with the same definition, and is its own canonical text.
func checkCanonical(
  _ definition: Definition, again: Result<Definition, UnitFileProblems>
) throws(Violation) {
  let canonical = Array(definition.canonical.utf8)
  switch again {
  case .failure(let problems): throw Violation("the canonical text \(canonical.shown) is refused: \(problems)")
  case .success(var second):
    // Bytes are compared, because Swift treats canonically equivalent texts as equal.
    try hold(Array(second.canonical.utf8) == canonical, "\(canonical.shown) has another canonical text")
    second.text = definition.text
    try hold(second == definition, "\(canonical.shown) has another definition")
  }
  let lines = DefinitionDifference(from: definition.canonical, to: definition.canonical).lines
  try hold(lines.isEmpty, "\(canonical.shown) differs from itself: \(lines)")
}

/// The lines of a difference transform one text into the other.
func checkDifference(from old: String, to new: String) throws(Violation) {
  let lines = DefinitionDifference(from: old, to: new).lines
  let removed = lines.filter { $0.utf8.first == UInt8(ascii: "-") }.map { String($0.dropFirst()) }
  let added = lines.filter { $0.utf8.first == UInt8(ascii: "+") }.map { String($0.dropFirst()) }
  try hold(
    (labelled(old) + added).sorted() == (labelled(new) + removed).sorted(),
    "\(lines) does not transform \(old.debugDescription) into \(new.debugDescription)")
}

private func labelled(_ canonical: String) -> [String] {
  var section = ""
  return canonical.split(separator: "\n").compactMap { line in
    guard line.utf8.first != UInt8(ascii: "[") else {
      section = String(line)
      return nil
    }
    return "\(section) \(line)"
  }
}
