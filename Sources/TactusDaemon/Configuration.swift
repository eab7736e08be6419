internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

/// The contents of the files of the configuration directory, and their problems.
struct Configuration: Sendable {
  var settings = DaemonSettings()
  /// The existing files of settings in the order in which they are read, each with the settings of the files before it.
  private(set) var settingsBefore: [(file: String, settings: DaemonSettings)] = []
  private var goodSettings: Set<String> = []
  /// The queues whose files are in force.
  private(set) var queueFiles: [QueueName] = []
  /// The limits of all queues; those of a queue whose file is missing or bad are the built-in ones.
  var limits: [QueueName: QueueLimits]
  /// The queues whose files exist and are bad, or may exist: the folder could not be listed.
  private(set) var badQueueFiles: Set<QueueName> = []
  /// The definitions of good files, sorted by name.
  var definitions: [(name: WorkflowName, definition: Definition)] = []
  /// The names of all workflow files, good and bad; nil if the folder could not be listed, so that nothing is
  /// terminated.
  var present: Set<WorkflowName>?
  /// The container engines that files name.
  ///
  /// If it is empty, ``effectiveProviders`` is the engine of this machine.
  var providers: [Provider] = []
  /// The number of files.
  var fileCount = 0
  /// The number of files that are valid and in force.
  var goodCount = 0
  /// The problems of bad files.
  ///
  /// Each bad file is refused as a whole, and the others are in force.
  var problems: [UnitFileProblem] = []
  /// Problems that are likely to occur at run time.
  var warnings: [UnitFileProblem] = []
  /// The custody by which files named in definitions are examined later, when it is known which of them answer.
  var inputCustody: Custody?
  let lookout: Lookout

  private init(limits: [QueueName: QueueLimits], _ lookout: Lookout) { (self.limits, self.lookout) = (limits, lookout) }

  /// Reads the directory; a missing folder has no files, and a path that does not answer is a problem.
  static func read(_ directory: String, _ lookout: Lookout) -> Configuration {
    var configuration = Configuration(
      limits: Dictionary(
        uniqueKeysWithValues: Kind.allCases.map {
          (QueueName(builtIn: $0), QueueLimits(builtIn: $0, cores: Machine.coreCount))
        }), lookout)
    configuration.readSettings(directory)
    configuration.readQueues("\(directory)/queues")
    configuration.readProviders("\(directory)/providers")
    configuration.readWorkflows("\(directory)/workflows")
    configuration.examineGroupRoot()
    return configuration
  }

  /// Whether a file of settings exists and is valid.
  func isRead(settings file: String) -> Bool { goodSettings.contains(file) }

  /// Returns the limits that a reload puts in force: those of a bad file stay as they are.
  func limits(after current: [QueueName: QueueLimits]) -> [QueueName: QueueLimits] {
    limits.merging(current.filter { badQueueFiles.contains($0.key) }) { _, kept in kept }
  }

  /// The problems of the settings.
  ///
  /// A daemon does not start with any of them.
  var settingsProblems: [UnitFileProblem] { problems.filter { $0.file.hasPrefix("tactusd.conf") } }

  /// The problems of the settings as the files are now; other files are not read.
  static func settingsProblems(
    in directory: String, _ authority: Authority, _ lookout: Lookout
  ) -> [UnitFileProblem] {
    var configuration = Configuration(limits: [:], lookout)
    configuration.readSettings(directory)
    configuration.examineGroupRoot()
    configuration.examineCustody(of: directory, by: authority)
    return configuration.settingsProblems
  }

  private mutating func readSettings(_ directory: String) {
    var files = ["tactusd.conf"]
    if !lookout.look(.linkStatus, "\(directory)/tactusd.conf").isAbsence { fileCount += 1 }
    if let names = list("\(directory)/tactusd.conf.d", suffix: ".conf") {
      files += names.map { "tactusd.conf.d/\($0)" }
    }
    for (file, seen) in zip(files, look(into: files.map { ("\(directory)/\($0)", $0) })) {
      settingsBefore.append((file, settings))
      guard let bytes = bytes(in: seen, of: file, isOptional: true) else { continue }
      switch DaemonFile.read(bytes, file: file, over: settings) {
      case .success(let read):
        settings = read
        goodSettings.insert(file)
        goodCount += 1
        warnings += MonthSpans.warnings(in: bytes, file: file) + OddCharacters.warnings(in: bytes, file: file)
      case .failure(let failure): problems += failure.problems
      }
    }
  }

  private mutating func readQueues(_ folder: String) {
    guard let files = list(folder, suffix: ".queue") else {
      badQueueFiles = Set(limits.keys)
      return
    }
    for file in files {
      let shown = "queues/\(file)"
      switch QueueFile.kind(ofFile: file) {
      case .failure(let failure): problems += failure.problems.map { shift($0, to: shown) }
      case .success(let kind):
        let queue = QueueName(builtIn: kind)
        badQueueFiles.insert(queue)
        guard let bytes = bytes(of: "\(folder)/\(file)", shown: shown), let defaults = limits[queue] else { continue }
        switch QueueFile.read(bytes, file: shown, defaults: defaults) {
        case .success(let read):
          limits[queue] = read
          queueFiles.append(queue)
          badQueueFiles.remove(queue)
          goodCount += 1
        case .failure(let failure): problems += failure.problems
        }
      }
    }
  }

  private mutating func readProviders(_ folder: String) {
    for file in list(folder, suffix: ".provider") ?? [] {
      let shown = "providers/\(file)"
      switch ProviderFile.name(ofFile: file) {
      case .failure(let failure): problems += failure.problems.map { shift($0, to: shown) }
      case .success(let name):
        guard let bytes = bytes(of: "\(folder)/\(file)", shown: shown) else { continue }
        switch ProviderFile.read(bytes, name: name, file: shown) {
        case .success(let read):
          providers.append(read)
          goodCount += 1
        case .failure(let failure): problems += failure.problems
        }
      }
    }
  }

  /// The providers in force: those that files name, else the engine of this machine.
  ///
  /// That is the engine behind the first usual socket with a listener, else behind the first that exists: the socket of
  /// an engine may exist before the engine listens.
  var effectiveProviders: [Provider] {
    guard providers.isEmpty else { return providers }
    let runtime = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) }
    let paths =
      ["/run/podman/podman.sock", "/var/run/docker.sock"]
      + (runtime.map { ["\($0)/podman/podman.sock", "\($0)/docker.sock"] } ?? [])
    let present = paths.filter { access($0, F_OK) == 0 }
    return (present.first(where: Self.isListenedOn) ?? present.first).map {
      [Provider(name: .local, endpoint: .unix($0))]
    } ?? []
  }

  private static func isListenedOn(_ path: String) -> Bool {
    guard let socket = try? UnixSocket.connect(to: path) else { return false }  // the next socket is tried
    Descriptor.close(socket)
    return true
  }

  private mutating func readWorkflows(_ folder: String) {
    guard let files = list(folder, suffix: ".workflow") else { return }
    guard !lookout.look(.status, folder).isAbsence else {
      // Without a listing no file is known to be removed: a directory that is not mounted must not terminate workflows.
      warnings.append(
        UnitFileProblem(
          file: folder, line: 0, message: "does not exist, so no workflow is read from files, and none is terminated"))
      return
    }
    var present: Set<WorkflowName> = []
    let named = files.map { (file: $0, name: WorkflowFile.name(ofFile: $0)) }
    // All in one call, because a child process looks, and a child for each file would take long.
    var wanted: [(path: String, shown: String)] = []
    for (file, name) in named {
      if case .success = name { wanted.append(("\(folder)/\(file)", "workflows/\(file)")) }
    }
    var seen = look(into: wanted)[...]
    for (file, name) in named {
      let shown = "workflows/\(file)"
      switch name {
      case .failure(let failure): problems += failure.problems.map { shift($0, to: shown) }
      case .success(let name):
        // A file that cannot be read exists nevertheless, so its last definition stays in force.
        present.insert(name)
        guard let bytes = bytes(in: seen.removeFirst(), of: shown) else { continue }
        switch WorkflowFile.read(bytes, name: name, file: shown, queues: Set(limits.keys)) {
        case .success(let definition):
          definitions.append((name, definition))
          goodCount += 1
          warnings += Self.warnings(of: definition, file: shown)
        case .failure(let failure): problems += failure.problems
        }
      }
    }
    self.present = present
  }

  /// Warnings of values in a definition that probably differ from what was meant, judged by the text alone.
  static func warnings(of definition: Definition, file: String) -> [UnitFileProblem] {
    [ShellWords.warning(of: definition, file: file)].compactMap(\.self)
      + EnvironmentWords.warnings(of: definition, file: file)
      + OddCharacters.warnings(in: Array(definition.text.utf8), file: file)
      + MonthSpans.warnings(in: Array(definition.text.utf8), file: file)
  }

  private func shift(_ problem: UnitFileProblem, to file: String) -> UnitFileProblem {
    UnitFileProblem(file: file, line: problem.line, message: problem.message)
  }

  /// Refuses a `CgroupRoot=` that is not a control group, because every command would fail with it.
  private mutating func examineGroupRoot() {
    guard let root = settings.cgroupRoot else { return }
    let silence = lookout.look(.status, "\(root)/cgroup.procs").silence
    guard silence != nil || access("\(root)/cgroup.procs", W_OK) != 0 else { return }
    let reason = silence ?? String(cString: strerror(errno))
    problems.append(
      UnitFileProblem(
        file: "tactusd.conf", line: 0,
        message: "CgroupRoot=\(root) is not a control group that this user may write to (cgroup.procs: \(reason))"))
  }

  // MARK: Files

  /// The names in a folder that end in a suffix, sorted; empty without a folder, nil and a problem if it cannot be
  /// listed.
  ///
  /// Files with another suffix are not read, and each is a warning.
  private mutating func list(_ folder: String, suffix: String) -> [String]? {
    let seen = lookout.look(.names, folder)
    switch seen {
    case .names(let names, _):
      let chosen = names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
      fileCount += chosen.count
      for name in names.sorted() where !name.hasSuffix(suffix) && !name.hasPrefix(".") {
        warnings.append(
          UnitFileProblem(
            file: "\(folder)/\(name)", line: 0, message: "is not read: its name does not end in \(suffix)"))
      }
      return chosen
    case .failed(let error) where error.code == ENOENT: return []
    case .failed(let error):
      problems.append(UnitFileProblem(file: folder, line: 0, message: "cannot be listed: \(error)"))
    case .silent, .contents, .status:
      problems.append(UnitFileProblem(file: folder, line: 0, message: "cannot be listed: \(seen.silence ?? "")"))
    }
    return nil
  }

  /// Reads files, each up to one byte more than the limit, so that the parser can refuse a longer one.
  private func look(into files: [(path: String, shown: String)]) -> [Looked] {
    lookout.look(at: files.map { Look(.contents(limit: Limits.unitFileBytes + 1), $0.path, use: $0.shown) })
  }

  private mutating func bytes(of path: String, shown: String) -> [UInt8]? {
    bytes(in: look(into: [(path, shown)])[0], of: shown)
  }

  /// The bytes that were read; nil and a problem if there was an error.
  private mutating func bytes(in seen: Looked, of shown: String, isOptional: Bool = false) -> [UInt8]? {
    let reason: String
    switch seen {
    case .contents(let bytes, _): return bytes
    case .failed(let error):
      if isOptional, error.code == ENOENT { return nil }
      let way = error.code == EACCES ? ". Let the user of tactusd read it (chgrp tactus FILE && chmod 0640 FILE)" : ""
      reason = "\(error)\(way)"
    case .silent, .names, .status: reason = seen.silence ?? ""
    }
    problems.append(UnitFileProblem(file: shown, line: 0, message: "cannot be read: \(reason)"))
    return nil
  }
}
