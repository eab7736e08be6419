import TactusModel

/// Reads `[Command]`: the process, its runner, and its limits and sandbox.
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

  /// Refuses keys that need a systemd unit, because `Runner=direct` runs all its processes as one user.
  private mutating func refuseUnitKeys(with runner: RunnerChoice?) {
    guard runner == .direct else { return }
    for key in ["User", "Group"] + SandboxKey.all.map(\.key) {
      guard let line = line(ofKey: key, in: "Command") else { continue }
      complain(
        line,
        "\(key)= needs a systemd unit, which Runner=direct does not start. Use Runner=systemd, or remove one of the two keys"
      )
    }
  }
}

/// The keys of systemd.exec(5) that only a systemd unit can apply, each with the kind of its value.
///
/// Keys that both runners apply are not here.
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

  /// The keys that may be given more than once.
  static let lists = all.compactMap { if case .paths = $0.kind { $0.key } else { nil } }
}

/// Reads an absolute path.
///
/// After a leading `-` the file may be missing, as in systemd.exec(5).
func environmentFile(_ text: String) throws(ValueRefusal) -> EnvironmentFile {
  let isOptional = text.hasPrefix("-")
  return EnvironmentFile(path: try absolutePath(isOptional ? String(text.dropFirst()) : text), isOptional: isOptional)
}

/// Reads `NAME` or `NAME:/path`, as in systemd.exec(5).
private func credential(_ text: String) throws(ValueRefusal) -> Credential {
  let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  let name = parts[0]
  let isFileName =
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
    && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "._-".utf8.contains($0) }
  guard isFileName else {
    throw ValueRefusal(
      "does not begin with the name of a credential. Write NAME:/path/of/its/file, with letters, digits and . _ - "
        + "in NAME")
  }
  return Credential(name: name, path: parts.count == 2 ? try absolutePath(parts[1]) : nil)
}

/// Reads two of the modes of systemd.kill(5).
///
/// The other modes leave processes behind after a stop.
private func killMode(_ text: String) throws(ValueRefusal) -> KillMode {
  if let mode = KillMode(rawValue: text) { return mode }
  guard ["mixed", "none"].contains(text) else {
    throw ValueRefusal("is not valid. Use one of: \(KillMode.allCases.map(\.rawValue).joined(separator: " "))")
  }
  throw ValueRefusal(
    "is not supported, because a stop always ends all processes. Use control-group, or process to leave processes "
      + "running after a job ends by itself"
  )
}

/// Reads the name or the number of a user or a group.
private func accountName(_ text: String) throws(ValueRefusal) -> String {
  if text.utf8.allSatisfy(\.isDigit), let number = UInt32(text), number < UInt32.max { return text }
  let isName =
    (1...31).contains(text.utf8.count)
    && text.utf8.first.map { ($0.isLetter || $0 == UInt8(ascii: "_")) && !$0.isDigit } == true
    && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "_-".utf8.contains($0) }
  guard isName else { throw ValueRefusal("is neither the name nor the number of an account. Write for example backup") }
  return text
}

/// Reads the name of a user.
func userName(_ text: String) throws(ValueRefusal) -> String {
  guard !text.utf8.allSatisfy(\.isDigit) else {
    throw ValueRefusal("is not the name of an account. Write a name such as tactus-job")
  }
  return try accountName(text)
}

/// Reads a percentage of one processor's time: `50%`, or `200%` for two processors.
private func percentage(_ text: String) throws(ValueRefusal) -> Int {
  guard text.hasSuffix("%"), text.utf8.dropLast().allSatisfy(\.isDigit), let number = Int(text.dropLast()) else {
    throw ValueRefusal("is not a percentage of one processor's time. Write for example 50%, or 200% for two processors")
  }
  guard Limits.cpuQuota.contains(number) else {
    throw ValueRefusal("is outside the range from \(Limits.cpuQuota.lowerBound)% to \(Limits.cpuQuota.upperBound)%")
  }
  return number
}

/// A limit, or `infinity`: unlike nil, it says that the key was given.
private enum Bound<Value> {
  case none
  case at(Value)

  var finite: Value? {
    if case .at(let value) = self { value } else { nil }
  }
}

private func infinity<Value>(
  or read: @escaping (String) throws(ValueRefusal) -> Value
) -> (String) throws(ValueRefusal) -> Bound<Value> {
  { (text: String) throws(ValueRefusal) -> Bound<Value> in text == "infinity" ? .none : .at(try read(text)) }
}

/// Reads one of the words, spelled exactly.
private func sandboxWord(among words: [String]) -> (String) throws(ValueRefusal) -> String {
  { (text: String) throws(ValueRefusal) -> String in
    guard words.contains(text) else { throw ValueRefusal("is not valid. Use one of: \(words.joined(separator: " "))") }
    return text
  }
}

private func sandboxPaths(_ text: String) throws(ValueRefusal) -> [String] {
  var paths: [String] = []
  for word in try words(text) {
    let isOptional = word.hasPrefix("-")
    paths.append((isOptional ? "-" : "") + (try absolutePath(isOptional ? String(word.dropFirst()) : word)))
  }
  return paths
}
