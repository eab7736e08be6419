internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

// A system instance refuses files of the configuration directory that strangers may change.

extension Configuration {
  /// The folders of the directory, and the suffixes of their files.
  static let folders = [
    (name: "tactusd.conf.d", suffix: ".conf"), (name: "queues", suffix: ".queue"),
    (name: "providers", suffix: ".provider"), (name: "workflows", suffix: ".workflow"),
  ]

  /// Refuses or reports files that strangers may change, because strangers would then decide what runs.
  ///
  /// A workflow whose file is refused keeps the definition that is in force.
  mutating func examineCustody(of directory: String, by authority: Authority) {
    var report = CustodyReport(of: directory, authority.custody)
    for (file, settings) in settingsBefore where hasAnswer(of: "\(directory)/\(file)") {
      // A file does not decide alone who may change it: the files before it decide, and all files together.
      let isGood = isRead(settings: file)
      if !report.keeps(settings: file, authority.custody(under: settings)), isGood { goodCount -= 1 }
    }
    for folder in Self.folders where hasAnswer(of: "\(directory)/\(folder.name)") { report.look(atFolder: folder.name) }
    for queue in queueFiles where !report.keeps("queues/\(queue).queue") {
      limits[queue] = Kind.allCases.first { QueueName(builtIn: $0) == queue }
        .map { QueueLimits(builtIn: $0, cores: Machine.coreCount) }
      goodCount -= 1
    }
    let kept = providers.filter { report.keeps("providers/\($0.name).provider") }
    let entrusted = definitions.filter { report.keeps("workflows/\($0.name).workflow") }
    goodCount -= providers.count - kept.count + definitions.count - entrusted.count
    (providers, definitions) = (kept, entrusted)
    problems += report.problems
    warnings += report.warnings
    inputCustody = authority.custody
  }

  /// Whether a path answers, so that this thread may examine it.
  ///
  /// A path that does not answer is a separate problem.
  private func hasAnswer(of path: String) -> Bool { lookout.look(.status, path).silence == nil }
}

extension Configuration {
  /// The weaknesses of the directory's files and folders, each once, in the order in which they are read.
  static func weaknesses(in directory: String, _ custody: Custody, _ lookout: Lookout) -> [Custody.Weakness] {
    var examination = CustodyExamination(custody)
    var found: [Custody.Weakness?] = []
    if lookout.look(.status, "\(directory)/tactusd.conf").silence == nil {
      found.append(examination.weakness(ofFile: "\(directory)/tactusd.conf"))
    }
    for (folder, suffix) in folders {
      // A folder that cannot be listed has its own diagnosis, and a missing one has no files.
      let listed = lookout.look(.names, "\(directory)/\(folder)")
      guard listed.silence == nil else { continue }
      found.append(examination.weakness(ofFolder: "\(directory)/\(folder)"))
      guard case .names(let names, _) = listed else { continue }
      let paths = names.sorted().filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.map {
        "\(directory)/\(folder)/\($0)"
      }
      for (path, seen) in zip(paths, lookout.look(at: paths.map { Look(.status, $0) })) where seen.silence == nil {
        found.append(examination.weakness(ofFile: path))
      }
    }
    var reported: Set<String> = []
    return found.compactMap(\.self).filter { reported.insert($0.path).inserted }
  }
}

/// Collects weaknesses file by file.
///
/// A folder is reported once for all its files.
struct CustodyReport {
  private let directory: String
  private let custody: Custody
  private var examination: CustodyExamination
  private var reported: Set<String> = []
  /// The refusals of a system instance.
  private(set) var problems: [UnitFileProblem] = []
  /// The reports of a private instance.
  private(set) var warnings: [UnitFileProblem] = []

  init(of directory: String, _ custody: Custody) {
    self.directory = directory
    self.custody = custody
    examination = CustodyExamination(custody)
  }

  /// Whether a file of the directory may be used.
  mutating func keeps(_ file: String) -> Bool {
    guard let weakness = examination.weakness(ofFile: "\(directory)/\(file)") else { return true }
    report(weakness, of: file, isRefused: custody.refuses)
    return !custody.refuses
  }

  /// Whether a file of settings may be used, judged by the custody of the files before it and of all files.
  mutating func keeps(settings file: String, _ earlier: Custody) -> Bool {
    let path = "\(directory)/\(file)"
    var before = CustodyExamination(earlier)
    guard let weakness = before.weakness(ofFile: path) ?? examination.weakness(ofFile: path) else { return true }
    let isRefused = earlier.refuses || custody.refuses
    // Under its own name even if a folder is the cause, because a daemon does not start with such settings.
    add(weakness.problem(named: file, "\(directory)/\(file)"), isRefused: isRefused)
    return !isRefused
  }

  /// Reports a folder if strangers may add files to it.
  mutating func look(atFolder folder: String) {
    guard let weakness = examination.weakness(ofFolder: "\(directory)/\(folder)") else { return }
    report(weakness, of: folder, isRefused: custody.refuses)
  }

  private mutating func report(_ weakness: Custody.Weakness, of file: String, isRefused: Bool) {
    let isFolder = weakness.kind == .folder
    guard !isFolder || reported.insert(weakness.path).inserted else { return }
    let path = "\(directory)/\(file)"
    guard isFolder, weakness.path != path else {
      return add(weakness.problem(named: file, path), isRefused: isRefused)
    }
    // The folder of the file, or one above it.
    let folder = file.split(separator: "/").first.map(String.init) ?? file
    let isOwn = weakness.path == "\(directory)/\(folder)"
    let isAbove = directory == weakness.path || directory.hasPrefix("\(weakness.path)/") || weakness.path == "/"
    let name = isOwn ? folder : isAbove ? directory : file
    add(weakness.problem(named: name, isOwn || directory == weakness.path ? weakness.path : path), isRefused: isRefused)
  }

  private mutating func add(_ problem: UnitFileProblem, isRefused: Bool) {
    if isRefused { problems.append(problem) } else { warnings.append(problem) }
  }
}

extension Custody.Weakness {
  /// The weakness as a problem of a file or folder.
  ///
  /// - Parameters:
  ///   - name: the name of the file or folder in the problem.
  ///   - path: its path. A weakness with another path is on the way to it.
  func problem(named name: String, _ path: String) -> UnitFileProblem {
    let words = self.path == path ? sentence(of: "it") : "on the way to it \(sentence(of: self.path))"
    return UnitFileProblem(
      file: name, line: 0, message: "\(words). A user who can change it decides what runs. Run \(cure)")
  }
}

extension Custody {
  /// The warnings of files with variables and secrets that a definition names and strangers may change.
  /// - Parameter isWalkable: whether a path answers, so that it can be examined.
  func warnings(
    of definition: Definition, file: String, with lookout: Lookout, isWalkable: (_ path: String) -> Bool
  ) -> [UnitFileProblem] {
    let (files, credentials, user): ([EnvironmentFile], [Credential], String?) =
      switch definition.work {
      case .command(let command): (command.environmentFiles, command.credentials, command.user)
      case .container(let container): (container.environmentFiles, [], nil)
      case .heartbeat: ([], [], nil)
      }
    let paths =
      files.map { (key: "EnvironmentFile", value: ($0.isOptional ? "-" : "") + $0.path, path: $0.path) }
      + credentials.compactMap { credential in
        credential.path.map { (key: "LoadCredential", value: "\(credential.name):\($0)", path: $0) }
      }
    guard !paths.isEmpty else { return [] }
    var examination = CustodyExamination(allowing(user), with: lookout)
    return paths.filter { isWalkable($0.path) }.compactMap { key, value, path in
      examination.weakness(ofInput: path).map { weakness in
        let words = weakness.path == path ? weakness.sentence(of: "it") : weakness.sentence(of: weakness.path)
        return definition.warning(
          of: key, value,
          "can be changed by others: \(words). A user who can change it decides what the job gets. "
            + "Run \(weakness.cure)",
          file: file)
      }
    }
  }

  /// The same custody, which also allows the job's own user, because that user can only affect its own job.
  private func allowing(_ user: String?) -> Custody {
    var custody = self
    let number = user.map { name in UInt32(name) ?? Account.named(name)?.user } ?? jobUser
    if let number {
      custody.users.insert(number)
      if let group = Self.ownGroup(of: number), Self.isPrivate(group, to: number) { custody.groups.insert(group) }
    }
    return custody
  }
}
