internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

/// Warns of files, accounts and rights that definitions need and this machine lacks, as far as this process can see.
///
/// It refuses nothing, because everything may still be created. It does not mention paths that this process may not
/// see, or that a sandbox may hide from it. Each path is examined once, by ``look(at:with:reader:)``. Each account is
/// looked up once.
struct Outlook {
  /// Whether this is the daemon, which reads files itself and shares its view of the file system with direct commands.
  let isDaemon: Bool
  /// Whether this is a system instance, whose commands run as another user than the daemon.
  let isSystem: Bool
  /// Whether the daemon sees another file system than the machine, because it has a sandbox.
  let isSandboxed: Bool
  /// Whether this process may read exactly the files that the daemon may read.
  let readsAsDaemon: Bool
  /// Whether `Runner=auto` means a unit of systemd; false if that is unknown.
  let startsUnits: Bool
  /// The reason why systemd starts no unit for the daemon, and the way out; nil if it does, or if that is unknown.
  let obstacle: String?
  /// The directory of the daemon's own credentials; nil if systemd gave it no credentials.
  let credentials: String?
  /// The state of the paths that the daemon reads itself, and of the others.
  private var inputs: [String: Looked] = [:]
  private var places: [String: Looked] = [:]
  /// The account with whose rights the daemon reads files; nil for its own.
  var reader: Account?
  /// The user of the daemon, if this process looks in its place.
  private var daemon: Account?
  private var accounts: [String: Bool?] = [:]
  private var groups: [String: Bool?] = [:]

  init(
    isDaemon: Bool, isSystem: Bool, isSandboxed: Bool, readsAsDaemon: Bool, startsUnits: Bool, obstacle: String?,
    credentials: String?
  ) {
    self.isDaemon = isDaemon
    self.isSystem = isSystem
    self.isSandboxed = isSandboxed
    self.readsAsDaemon = readsAsDaemon
    self.startsUnits = startsUnits
    self.obstacle = obstacle
    self.credentials = credentials
  }

  /// Examines all paths that definitions name.
  ///
  /// Called before any warning is requested.
  /// - Parameter reader: the account that examines what the daemon reads itself; nil for this process's user.
  mutating func look(
    at definitions: [(name: WorkflowName, definition: Definition)], with lookout: Lookout, reader: Account? = nil
  ) {
    func seen(_ account: Account?, _ paths: (Definition) -> [(key: String, path: String)]) -> [String: Looked] {
      var known: Set<String> = []
      let looks = definitions.flatMap { name, definition in
        Self.looks(at: paths(definition).filter { known.insert($0.path).inserted }, of: name)
      }
      let answers = zip(looks.map(\.path), lookout.look(at: looks, as: account))
      return Dictionary(uniqueKeysWithValues: answers.map { ($0, $1) })
    }
    daemon = reader
    guard let reader = reader ?? self.reader else {
      // In one call, so that silent paths are waited for once.
      inputs = seen(nil) { $0.inputs + $0.places }
      places = inputs
      return
    }
    inputs = seen(reader) { $0.inputs }
    places = seen(nil) { $0.places }
  }

  /// All looks for one definition.
  static func looks(at definition: Definition, of workflow: WorkflowName) -> [Look] {
    looks(at: definition.inputs + definition.places, of: workflow)
  }

  private static func looks(at paths: [(key: String, path: String)], of workflow: WorkflowName) -> [Look] {
    paths.map { Look(.status, $0.path, use: SilentPaths.use($0.key, $0.path, of: workflow)) }
  }

  /// Whether a path that the daemon reads itself has answered.
  func hasAnswer(ofInput path: String) -> Bool { inputs[path].map { $0.silence == nil } ?? true }

  // MARK: What the daemon reads itself

  /// Warnings of files that the daemon will not be able to read when a job starts.
  func inputs(of definition: Definition, file: String) -> [UnitFileProblem] {
    let (files, secrets): ([EnvironmentFile], [Credential]) =
      switch definition.work {
      case .command(let command): (command.environmentFiles, command.credentials)
      case .container(let container): (container.environmentFiles, [])
      case .heartbeat: ([], [])
      }
    var warnings: [UnitFileProblem] = []
    func warn(_ key: String, _ value: String, _ sentence: String, _ consequence: String = Self.consequence) {
      warnings.append(definition.warning(of: key, value, "\(sentence). \(consequence)", file: file))
    }
    func warnOfSilence(_ key: String, _ value: String, _ path: String) -> Bool {
      guard let silence = inputs[path]?.silence else { return false }
      warn(key, value, "was not checked: \(silence)", Self.consequenceOfSilence)
      return true
    }
    for file in files where !warnOfSilence("EnvironmentFile", (file.isOptional ? "-" : "") + file.path, file.path) {
      guard let fault = faultOfReading(file.path, mayBeMissing: file.isOptional) else { continue }
      let way = fault.isAbsence ? ", or write EnvironmentFile=-\(file.path) if it may be missing" : ""
      warn("EnvironmentFile", (file.isOptional ? "-" : "") + file.path, fault.sentence + way)
    }
    for secret in secrets {
      if let path = secret.path {
        if warnOfSilence("LoadCredential", "\(secret.name):\(path)", path) { continue }
        if let fault = faultOfReading(path) { warn("LoadCredential", "\(secret.name):\(path)", fault.sentence) }
      } else if isDaemon, credentials.map({ access("\($0)/\(secret.name)", R_OK) != 0 }) ?? true {
        warn(
          "LoadCredential", secret.name,
          "names a credential that tactusd itself was not given. Write LoadCredential=\(secret.name):/path, or add "
            + "that line to its unit and restart tactusd")
      }
    }
    return warnings
  }

  private func faultOfReading(
    _ path: String, mayBeMissing: Bool = false
  ) -> (sentence: String, isAbsence: Bool)? {
    let mayBeHidden = isSandboxed && Self.isWhereSandboxesHide(path)
    if mayBeHidden && !isDaemon { return nil }
    let seen = inputs[path]
    switch Sight(seen) {
    case .absent:
      let sentence =
        mayBeHidden
        ? "does not exist for tactusd, whose sandbox may hide it. Put the file elsewhere, for example in /etc"
        : "does not exist. Create the file, or correct the path"
      return mayBeMissing ? nil : (sentence, true)
    case .directory: return ("is a directory. Name a file", false)
    case .other: return ("is not a regular file. Name a regular file", false)
    case .loop: return ("is a loop of symbolic links. Name a file", false)
    case .file, .unseen:
      if let reader {
        guard seen?.readError == EACCES else { return nil }
        return (
          "cannot be read by \(reader.name), with whose rights tactusd reads it. Let \(reader.name) read it", false
        )
      }
      guard readsAsDaemon, seen?.readError == EACCES else { return nil }
      let name = daemon?.name ?? Account.name(of: geteuid())
      return ("cannot be read by \(name), the user of tactusd. Let \(name) read it", false)
    }
  }

  // MARK: What the command needs

  /// Warnings of the user, the group, the directory and the program that a command will lack.
  mutating func surroundings(of definition: Definition, file: String) -> [UnitFileProblem] {
    guard case .command(let command) = definition.work else { return [] }
    var warnings: [UnitFileProblem] = []
    func warn(_ key: String, _ value: String?, _ sentence: String, _ consequence: String = Self.consequence) {
      warnings.append(definition.warning(of: key, value, "\(sentence). \(consequence)", file: file))
    }
    if let obstacle, let (key, value) = command.demandOfUnit {
      warn(key, value, "needs a systemd unit, but \(obstacle)")
    }
    if let user = command.user, isMissing(user, in: &accounts, look: Account.isThere) {
      warn("User", user, "is not an account of this machine. Run useradd --system \(user), or name another account")
    }
    if let group = command.group, isMissing(group, in: &groups, look: Group.isThere) {
      warn("Group", group, "is not a group of this machine. Run groupadd --system \(group), or name another group")
    }
    for (key, path) in definition.places {
      guard let silence = places[path]?.silence else { continue }
      warn(String(key.dropLast()), path, "was not checked: \(silence)", Self.consequenceOfSilence)
    }
    if let directory = command.workingDirectory, let fault = faultOfEntering(directory, command) {
      warn("WorkingDirectory", directory, fault)
    }
    if let program = command.arguments.first, let fault = faultOfExecuting(program, command) {
      warn("Exec", program, fault)
    }
    return warnings
  }

  private func isMissing(_ name: String, in known: inout [String: Bool?], look: (String) -> Bool?) -> Bool {
    // A number is valid without an entry.
    if name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) { return false }
    if let found = known[name] { return found == false }
    let found = look(name)
    known[name] = .some(found)
    return found == false
  }

  private func faultOfEntering(_ path: String, _ command: Command) -> String? {
    if isHidden(path, from: command) || places[path]?.silence != nil { return nil }
    switch Sight(places[path]) {
    case .absent: return "does not exist. Create the directory, or correct the path"
    case .file, .other, .loop: return "is not a directory. Write the path of a directory"
    case .directory, .unseen: return denial(of: path, to: "enter", command)
    }
  }

  private func faultOfExecuting(_ path: String, _ command: Command) -> String? {
    if isHidden(path, from: command) || places[path]?.silence != nil { return nil }
    switch Sight(places[path]) {
    case .absent: return "does not exist. Install it, or correct the path"
    case .directory: return "is a directory. Write the path of a program"
    case .other, .loop: return "is not a regular file. Write the path of a program"
    case .file(let mode) where mode & 0o111 == 0: return "is not executable. Run chmod +x \(path)"
    case .file, .unseen: return denial(of: path, to: "execute", command)
    }
  }

  /// The warning of a denied access, if the command runs as this user.
  ///
  /// The rights of other users are unknown.
  private func denial(of path: String, to verb: String, _ command: Command) -> String? {
    guard !isSystem, command.user == nil, places[path]?.executeError == EACCES else { return nil }
    let name = Account.name(of: geteuid())
    return "is not accessible, because \(name) may not \(verb) it. Grant \(name) access"
  }

  /// Whether the command may see another file at the path than this process.
  ///
  /// A direct command has the daemon's sandbox. A unit has the machine's view.
  private func isHidden(_ path: String, from command: Command) -> Bool {
    let isUnit = command.needsUnit || (command.runner == .auto && startsUnits)
    return isSandboxed && isUnit == isDaemon && Self.isWhereSandboxesHide(path)
  }

  /// Whether the sandbox of a service may hide or replace such a path.
  ///
  /// Source: systemd.exec(5), `ProtectHome=`, `PrivateTmp=`, `PrivateDevices=`
  private static func isWhereSandboxesHide(_ path: String) -> Bool {
    ["/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev"].contains { path == $0 || path.hasPrefix("\($0)/") }
  }

  private static let consequence = "Until then its jobs end FAILED with VALIDATION_ERROR"
  private static let consequenceOfSilence = "Until it answers, its jobs end FAILED with DISPATCH_EXHAUSTED"
}

/// The kind of file at a path, as this process sees it.
private enum Sight {
  case absent
  case directory
  case file(mode: UInt32)
  /// A FIFO, a device, a socket.
  case other
  /// Symbolic links that lead only to each other.
  case loop
  /// This process cannot see it.
  case unseen

  init(_ seen: Looked?) {
    switch seen {
    case .status(let status) where status.isDirectory: self = .directory
    case .status(let status) where status.isRegular: self = .file(mode: status.mode)
    case .status: self = .other
    case .failed(let error) where error.code == ELOOP: self = .loop
    case .failed where seen?.isAbsence == true: self = .absent
    default: self = .unseen
    }
  }
}

extension Looked {
  /// The errno that this process gets when it reads the path; 0 if it may read it.
  fileprivate var readError: Int32 { denial(\.readError) }
  /// The errno that this process gets when it executes or enters the path; 0 if it may.
  fileprivate var executeError: Int32 { denial(\.executeError) }

  private func denial(_ error: KeyPath<FileStatus, Int32>) -> Int32 {
    switch self {
    case .status(let status): status[keyPath: error]
    case .failed(let failure): failure.code
    default: 0
    }
  }
}

extension Definition {
  /// The paths that the daemon reads when a job starts, each with the text before it: `EnvironmentFile=`.
  fileprivate var inputs: [(key: String, path: String)] {
    let (files, secrets): ([EnvironmentFile], [Credential]) =
      switch work {
      case .command(let command): (command.environmentFiles, command.credentials)
      case .container(let container): (container.environmentFiles, [])
      case .heartbeat: ([], [])
      }
    return files.map { ("EnvironmentFile=", $0.path) }
      + secrets.compactMap { secret in secret.path.map { ("LoadCredential=\(secret.name):", $0) } }
  }

  /// The paths that its command needs to start, each with its key and an equals sign.
  fileprivate var places: [(key: String, path: String)] {
    guard case .command(let command) = work else { return [] }
    return (command.workingDirectory.map { [("WorkingDirectory=", $0)] } ?? [])
      + command.arguments.prefix(1).map { ("Exec=", $0) }
  }
}

extension Command {
  /// The first setting that requires a unit of systemd; its value is nil if it need not be shown.
  fileprivate var demandOfUnit: (key: String, value: String?)? {
    if runner == .systemd { return ("Runner", "systemd") }
    if let user { return ("User", user) }
    if let group { return ("Group", group) }
    return sandbox.first.map { ($0.key, nil) }
  }
}
