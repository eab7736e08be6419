import TactusModel

/// `[Command]`: what a process is, who starts it, and what it may do.
extension Reading {
  mutating func command() -> Command? {
    let section = "Command"
    require("Exec", in: section, example: "/usr/bin/true")
    let arguments = value("Exec", in: section, as: commandLine)
    let environment = values("Environment", in: section, as: environment).flatMap(\.self)
    let files = values("EnvironmentFile", in: section, as: environmentFile)
    let credentials = values("LoadCredential", in: section, as: credential)
    let directory = value("WorkingDirectory", in: section, as: absolutePath)
    let timeout = value("Timeout", in: section, as: Span.positiveOrInfinity(through: Limits.commandTimeout))
    let runner = value("Runner", in: section, as: word(of: RunnerChoice.self))
    let user = value("User", in: section, as: accountName)
    let group = value("Group", in: section, as: accountName)
    let limits = commandLimits()
    let sandbox = sandbox()
    let killMode = value("KillMode", in: section, as: killMode)
    let mergesOutput = value("MergeOutput", in: section, as: boolean)
    refuseUnitKeys(with: runner)
    guard let arguments else { return nil }
    return Command(
      arguments: arguments, environment: environment, environmentFiles: files, credentials: credentials,
      workingDirectory: directory, runner: runner ?? .auto, user: user, group: group, limits: limits,
      sandbox: sandbox, killMode: killMode ?? .controlGroup, mergesOutput: mergesOutput ?? false,
      timeout: timeout ?? .seconds(3600))
  }

  private mutating func commandLimits() -> CommandLimits {
    let section = "Command"
    return CommandLimits(
      memoryMax: value("MemoryMax", in: section, as: infinity(or: size(Limits.memoryMax)))?.finite,
      cpuQuota: value("CPUQuota", in: section, as: percentage),
      tasksMax: value("TasksMax", in: section, as: infinity(or: number(Limits.tasksMax)))?.finite,
      isStrict: value("StrictLimits", in: section, as: boolean) ?? false)
  }

  private mutating func sandbox() -> [SandboxSetting] {
    SandboxKey.all.compactMap { key, kind in
      let value: SandboxSetting.Value? =
        switch kind {
        case .flag: value(key, in: "Command", as: boolean).map { .flag($0) }
        case .words(let words): value(key, in: "Command", as: sandboxWord(among: words)).map { .word($0) }
        case .paths:
          switch values(key, in: "Command", as: sandboxPaths).flatMap(\.self) {
          case []: nil
          case let paths: .paths(paths)
          }
        }
      return value.map { SandboxSetting(key: key, value: $0) }
    }
  }

  /// What only a unit of systemd can do is nothing for the daemon's own processes, which all are one user's.
  private mutating func refuseUnitKeys(with runner: RunnerChoice?) {
    guard runner == .direct else { return }
    for key in ["User", "Group"] + SandboxKey.all.map(\.key) {
      guard let line = line(ofKey: key, in: "Command") else { continue }
      complain(line, "\(key)= needs a unit of systemd, and Runner=direct has none: write Runner=systemd, or remove one")
    }
  }
}

/// The keys of systemd.exec(5) that `[Command]` takes, each with the kind of its value.
enum SandboxKey {
  enum Kind: Sendable {
    case flag
    case words([String])
    case paths
  }

  /// In the order of their names.
  static let all: [(key: String, kind: Kind)] = [
    ("InaccessiblePaths", .paths), ("NoNewPrivileges", .flag), ("PrivateDevices", .flag), ("PrivateNetwork", .flag),
    ("PrivateTmp", .flag), ("ProtectHome", .words(["no", "yes", "read-only", "tmpfs"])),
    ("ProtectKernelTunables", .flag), ("ProtectSystem", .words(["no", "yes", "full", "strict"])),
    ("ReadOnlyPaths", .paths), ("ReadWritePaths", .paths), ("RestrictSUIDSGID", .flag),
  ]

  /// Those that may stand more than once.
  static let lists = all.compactMap { if case .paths = $0.kind { $0.key } else { nil } }
}

/// An absolute path; with a `-` before it the file may be missing, as in systemd.exec(5).
func environmentFile(_ text: String) throws(Refusal) -> EnvironmentFile {
  let isOptional = text.hasPrefix("-")
  return EnvironmentFile(path: try absolutePath(isOptional ? String(text.dropFirst()) : text), isOptional: isOptional)
}

/// `NAME`, or `NAME:/path`, as in systemd.exec(5).
private func credential(_ text: String) throws(Refusal) -> Credential {
  let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  let name = parts[0]
  let isFileName =
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
    && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "._-".utf8.contains($0) }
  guard isFileName else {
    throw Refusal(
      "does not begin with the name of a credential: write NAME:/path/of/its/file, of letters, digits and . _ -")
  }
  return Credential(name: name, path: parts.count == 2 ? try absolutePath(parts[1]) : nil)
}

/// Two of the words of systemd.kill(5): the others leave processes behind by a stop.
private func killMode(_ text: String) throws(Refusal) -> KillMode {
  if let mode = KillMode(rawValue: text) { return mode }
  guard ["mixed", "none"].contains(text) else {
    throw Refusal("is none of: \(KillMode.allCases.map(\.rawValue).joined(separator: " "))")
  }
  throw Refusal(
    "is not supported, because a stop always ends everything: write control-group, or process to leave processes running at the end"
  )
}

/// The name or the number of a user or a group.
private func accountName(_ text: String) throws(Refusal) -> String {
  if text.utf8.allSatisfy(\.isDigit), let number = UInt32(text), number < UInt32.max { return text }
  let isName =
    (1...31).contains(text.utf8.count)
    && text.utf8.first.map { ($0.isLetter || $0 == UInt8(ascii: "_")) && !$0.isDigit } == true
    && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "_-".utf8.contains($0) }
  guard isName else { throw Refusal("is neither the name nor the number of an account: write for example backup") }
  return text
}

/// The name of a user.
func userName(_ text: String) throws(Refusal) -> String {
  guard !text.utf8.allSatisfy(\.isDigit) else {
    throw Refusal("is not the name of an account: write a name such as tactus-job")
  }
  return try accountName(text)
}

/// A part of a processor's time, or the time of several: `50%`, `200%`.
private func percentage(_ text: String) throws(Refusal) -> Int {
  guard text.hasSuffix("%"), text.utf8.dropLast().allSatisfy(\.isDigit), let number = Int(text.dropLast()) else {
    throw Refusal("is not a percentage of one processor's time: write for example 50%, or 200% for two processors")
  }
  guard Limits.cpuQuota.contains(number) else {
    throw Refusal("is outside the range from \(Limits.cpuQuota.lowerBound)% to \(Limits.cpuQuota.upperBound)%")
  }
  return number
}

/// A value that may be missing because it was said to be.
private enum Bound<Value> {
  case none
  case at(Value)

  var finite: Value? {
    if case .at(let value) = self { value } else { nil }
  }
}

private func infinity<Value>(
  or read: @escaping (String) throws(Refusal) -> Value
) -> (String) throws(Refusal) -> Bound<Value> {
  { (text: String) throws(Refusal) -> Bound<Value> in text == "infinity" ? .none : .at(try read(text)) }
}

/// One of some words, or a boolean if those have yes and no.
private func sandboxWord(among words: [String]) -> (String) throws(Refusal) -> String {
  { (text: String) throws(Refusal) -> String in
    guard words.contains(text) else { throw Refusal("is none of: \(words.joined(separator: " "))") }
    return text
  }
}

private func sandboxPaths(_ text: String) throws(Refusal) -> [String] {
  var paths: [String] = []
  for word in try words(text) {
    let isOptional = word.hasPrefix("-")
    paths.append((isOptional ? "-" : "") + (try absolutePath(isOptional ? String(word.dropFirst()) : word)))
  }
  return paths
}
