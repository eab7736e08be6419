internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

/// What a definition will not find on this machine when it runs, as far as this process can know it.
///
/// It warns and refuses nothing, because everything may still come. What this process may not see, and what a sandbox may hide
/// from it, is not spoken of. Each path is looked at once, by ``look(at:with:reader:)``; accounts are looked up once.
struct Outlook {
  /// Whether this is the daemon, which reads files itself and in whose sight direct commands run.
  let isDaemon: Bool
  /// Whether commands run as another user than the daemon's.
  let isSystem: Bool
  /// Whether the daemon has a view of the file system of its own.
  let isSandboxed: Bool
  /// Whether this process may read what the daemon may, and nothing else.
  let readsAsDaemon: Bool
  /// Whether `Runner=auto` means a unit of systemd; false if that is not known.
  let startsUnits: Bool
  /// Why systemd starts no unit for the daemon, and the way out; nil if it does, or that is not known.
  let obstacle: String?
  /// Where the daemon finds the credentials that it was given itself; nil if it was given none.
  let credentials: String?
  /// What was seen of the paths that the daemon reads itself, and of the others.
  private var inputs: [String: Looked] = [:]
  private var places: [String: Looked] = [:]
  /// With whose rights the daemon reads files; nil for its own.
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

  /// Looks at everything that definitions name; before anything is said of them.
  /// - Parameter reader: as whom to look at what the daemon reads itself, if that is not this process's user.
  mutating func look(
    at definitions: [(file: String, definition: Definition)], with lookout: Lookout, reader: Account? = nil
  ) {
    func seen(_ account: Account?, _ paths: (Definition) -> [(key: String, path: String)]) -> [String: Looked] {
      var known: Set<String> = []
      let looks = definitions.flatMap { file, definition in
        paths(definition).compactMap { key, path in
          known.insert(path).inserted ? Look(.status, path, use: "\(key)=\(path) in \(file)") : nil
        }
      }
      let answers = zip(looks.map(\.path), lookout.look(at: looks, as: account))
      return Dictionary(uniqueKeysWithValues: answers.map { ($0, $1) })
    }
    daemon = reader
    guard let reader = reader ?? self.reader else {
      // At once, so that what is silent is waited for once.
      inputs = seen(nil) { $0.inputs + $0.places }
      places = inputs
      return
    }
    inputs = seen(reader) { $0.inputs }
    places = seen(nil) { $0.places }
  }

  /// All looks for one definition.
  static func looks(of definition: Definition, file: String) -> [Look] {
    (definition.inputs + definition.places).map { Look(.status, $0.path, use: "\($0.key)=\($0.path) in \(file)") }
  }

  /// Whether a path that the daemon reads itself has answered.
  func hasAnswer(ofInput path: String) -> Bool { inputs[path].map { $0.silence == nil } ?? true }

  // MARK: What the daemon reads itself

  /// Files that the daemon, as its own user, will not be able to read when a job starts.
  func inputs(of definition: Definition, file: String) -> [UnitFileProblem] {
    let (files, secrets): ([EnvironmentFile], [Credential]) =
      switch definition.work {
      case .command(let command): (command.environmentFiles, command.credentials)
      case .container(let container): (container.environmentFiles, [])
      case .heartbeat: ([], [])
      }
    var warnings: [UnitFileProblem] = []
    func warn(_ key: String, _ value: String, _ sentence: String, _ consequence: String = Self.consequence) {
      warnings.append(definition.warning(of: key, value, "\(sentence); \(consequence)", file: file))
    }
    func warnOfSilence(_ key: String, _ value: String, _ path: String) -> Bool {
      guard let silence = inputs[path]?.silence else { return false }
      warn(key, value, "was not checked: \(silence)", Self.consequenceOfSilence)
      return true
    }
    for file in files where !warnOfSilence("EnvironmentFile", (file.isOptional ? "-" : "") + file.path, file.path) {
      guard let fault = faultOfReading(file.path, mayBeMissing: file.isOptional) else { continue }
      let way = fault.isAbsence ? ", or EnvironmentFile=-\(file.path) if it may be missing" : ""
      warn("EnvironmentFile", (file.isOptional ? "-" : "") + file.path, fault.sentence + way)
    }
    for secret in secrets {
      if let path = secret.path {
        if warnOfSilence("LoadCredential", "\(secret.name):\(path)", path) { continue }
        if let fault = faultOfReading(path) { warn("LoadCredential", "\(secret.name):\(path)", fault.sentence) }
      } else if isDaemon, credentials.map({ access("\($0)/\(secret.name)", R_OK) != 0 }) ?? true {
        warn(
          "LoadCredential", secret.name,
          "names a credential that tactusd itself was not given: write LoadCredential=\(secret.name):/path, or add that to "
            + "its unit and restart it")
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
        ? "is not there for tactusd, whose sandbox may hide it: put the file elsewhere, for example into /etc"
        : "is not there: write the file, or correct the path"
      return mayBeMissing ? nil : (sentence, true)
    case .directory: return ("is a directory: name a file", false)
    case .other: return ("is no regular file: name one", false)
    case .loop: return ("is a loop of symbolic links: name a file", false)
    case .file, .unseen:
      if let reader {
        guard seen?.readError == EACCES else { return nil }
        return ("cannot be read by \(reader.name), with whose rights tactusd reads it: let it read the file", false)
      }
      guard readsAsDaemon, seen?.readError == EACCES else { return nil }
      let name = daemon?.name ?? Account.name(of: geteuid())
      return ("cannot be read by \(name), whom tactusd runs as: let it read the file", false)
    }
  }

  // MARK: What the command finds

  /// Who, where and what a command will not be able to run as, in and at all.
  mutating func surroundings(of definition: Definition, file: String) -> [UnitFileProblem] {
    guard case .command(let command) = definition.work else { return [] }
    var warnings: [UnitFileProblem] = []
    func warn(_ key: String, _ value: String?, _ sentence: String, _ consequence: String = Self.consequence) {
      warnings.append(definition.warning(of: key, value, "\(sentence); \(consequence)", file: file))
    }
    if let obstacle, let (key, value) = command.demandOfUnit {
      warn(key, value, "needs a unit of systemd, and \(obstacle)")
    }
    // A number needs no entry of its own to be meant.
    if let user = command.user, isMissing(user, in: &accounts, look: Account.isThere) {
      warn("User", user, "is no account of this machine: make it (useradd --system \(user)), or name another")
    }
    if let group = command.group, isMissing(group, in: &groups, look: Group.isThere) {
      warn("Group", group, "is no group of this machine: make it (groupadd --system \(group)), or name another")
    }
    for (key, path) in definition.places {
      guard let silence = places[path]?.silence else { continue }
      warn(key, path, "was not checked: \(silence)", Self.consequenceOfSilence)
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
    if name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) { return false }
    if let found = known[name] { return found == false }
    let found = look(name)
    known[name] = .some(found)
    return found == false
  }

  private func faultOfEntering(_ path: String, _ command: Command) -> String? {
    if isHidden(path, from: command) || places[path]?.silence != nil { return nil }
    switch Sight(places[path]) {
    case .absent: return "is not there: make the directory, or correct the path"
    case .file, .other, .loop: return "is no directory: write the path of one"
    case .directory, .unseen: return denial(of: path, to: "enter", command)
    }
  }

  private func faultOfExecuting(_ path: String, _ command: Command) -> String? {
    if isHidden(path, from: command) || places[path]?.silence != nil { return nil }
    switch Sight(places[path]) {
    case .absent: return "is not there: install it, or correct the path"
    case .directory: return "is a directory: write the path of a program"
    case .other, .loop: return "is no regular file: write the path of a program"
    case .file(let mode) where mode & 0o111 == 0: return "is not executable: chmod +x \(path)"
    case .file, .unseen: return denial(of: path, to: "execute", command)
    }
  }

  /// What this user may not do, if the command runs as this user: of others nobody knows.
  private func denial(of path: String, to verb: String, _ command: Command) -> String? {
    guard !isSystem, command.user == nil, places[path]?.executeError == EACCES else { return nil }
    return "is nothing that \(Account.name(of: geteuid())) may \(verb): give it the right"
  }

  /// Whether the command may see something there that this process does not: a direct one has the daemon's sandbox, a unit has
  /// the machine's view.
  private func isHidden(_ path: String, from command: Command) -> Bool {
    let isUnit = command.needsUnit || (command.runner == .auto && startsUnits)
    return isSandboxed && isUnit == isDaemon && Self.isWhereSandboxesHide(path)
  }

  /// Whether the sandbox of a service hides such a path, or has one of its own there.
  ///
  /// Source: systemd.exec(5), `ProtectHome=`, `PrivateTmp=`, `PrivateDevices=`
  private static func isWhereSandboxesHide(_ path: String) -> Bool {
    ["/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev"].contains { path == $0 || path.hasPrefix("\($0)/") }
  }

  private static let consequence = "until then its jobs end FAILED with VALIDATION_ERROR"
  private static let consequenceOfSilence = "until it answers its jobs end FAILED with DISPATCH_EXHAUSTED"
}

/// What stands at a path, as this process sees it.
private enum Sight {
  case absent
  case directory
  case file(mode: UInt32)
  /// A FIFO, a device, a socket.
  case other
  /// Symbolic links that lead nowhere but to each other.
  case loop
  /// It is not for this process to know.
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
  /// Why this process may not read it: an errno, 0 if it may.
  fileprivate var readError: Int32 { denial(\.readError) }
  /// Why it may not execute or enter it.
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
  /// The paths that the daemon reads when a job starts, each with its key.
  fileprivate var inputs: [(key: String, path: String)] {
    let (files, secrets): ([EnvironmentFile], [Credential]) =
      switch work {
      case .command(let command): (command.environmentFiles, command.credentials)
      case .container(let container): (container.environmentFiles, [])
      case .heartbeat: ([], [])
      }
    return files.map { ("EnvironmentFile", $0.path) }
      + secrets.compactMap { secret in secret.path.map { ("LoadCredential", $0) } }
  }

  /// The paths that its command needs to start.
  fileprivate var places: [(key: String, path: String)] {
    guard case .command(let command) = work else { return [] }
    return (command.workingDirectory.map { [("WorkingDirectory", $0)] } ?? [])
      + command.arguments.prefix(1).map { ("Exec", $0) }
  }
}

extension Command {
  /// The first key, and its value if it is worth showing, that only a unit of systemd can do.
  fileprivate var demandOfUnit: (key: String, value: String?)? {
    if runner == .systemd { return ("Runner", "systemd") }
    if let user { return ("User", user) }
    if let group { return ("Group", group) }
    return sandbox.first.map { ($0.key, nil) }
  }
}
