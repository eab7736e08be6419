import TactusLinux
import TactusModel
import TactusPorts

/// The account, the directory and the environment of a command.
struct ProcessSurroundings {
  var account: Account?
  var directory: String
  /// Whether the directory is the account's home, which may be missing.
  var isHome: Bool
  var environment: [String]
}

extension ProcessRunner {
  /// Evaluates the files that were read, and writes secrets where the job finds them.
  ///
  /// - Throws: ``DefinitionFault`` for a file that could not be read, ``SystemError`` for a failed system call.
  func surroundings(of order: RunOrder, _ command: Command, _ inputs: JobInputs) throws -> ProcessSurroundings {
    let account = try user.account()
    var own = try EnvironmentLines.read(command.environmentFiles, from: inputs)
    if command.credentials.isEmpty {
      own += command.environment
    } else {
      let directory = try credentials.place(
        command.credentials, from: inputs, for: order.id, account: account)
      own += command.environment.map { Self.expand($0, directory: directory) } + ["CREDENTIALS_DIRECTORY=\(directory)"]
    }
    return ProcessSurroundings(
      account: account, directory: command.workingDirectory ?? account?.home ?? defaultDirectory,
      isHome: command.workingDirectory == nil && account != nil,
      environment: environment.variables(for: order, account: account, own: own))
  }

  /// Applies a job's limits.
  ///
  /// Warns once per workflow about missing controllers, or refuses the job.
  func enforce(_ limits: CommandLimits, on group: ControlGroup?, of workflow: WorkflowName?) throws {
    guard !limits.isEmpty else { return }
    let missing = group?.missingControllers(for: limits) ?? limits.controllers
    let refusal = warnings.refusal(
      of: limits, for: workflow, missing: missing, because: reason(forMissing: missing), journal: journal)
    if let refusal { throw DefinitionFault(refusal) }
    try group?.limit(to: limits)
  }

  private func reason(forMissing controllers: [String]) -> String {
    guard let root else {
      return "tactusd has no control group. Set Delegate=yes in tactusd.service, or CgroupRoot= in tactusd.conf"
    }
    return
      "\(root.path)/cgroup.subtree_control has no \(controllers.joined(separator: " ")). Boot with "
      + "systemd.unified_cgroup_hierarchy=1 if control groups of version 1 have them"
  }

  /// Expands the only variable that a definition may refer to.
  ///
  /// No other value is known when a definition is written.
  private static func expand(_ variable: String, directory: String) -> String {
    let name = "${CREDENTIALS_DIRECTORY}"
    var (expanded, rest) = ("", variable[...])
    while let start = rest.firstIndex(of: "$") {
      expanded += rest[..<start]
      rest = rest[start...]
      if rest.hasPrefix(name) {
        expanded += directory
        rest = rest.dropFirst(name.count)
      } else {
        expanded.append(rest.removeFirst())
      }
    }
    return expanded + rest
  }
}
