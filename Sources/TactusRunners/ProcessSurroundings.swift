import TactusLinux
import TactusModel
import TactusPorts

/// As whom and where a command runs, and what it finds in its environment.
struct ProcessSurroundings {
  var account: Account?
  var directory: String
  /// Whether that is the home of the account, which need not exist.
  var isHome: Bool
  var environment: [String]
}

extension ProcessRunner {
  /// Takes what was read, and puts secrets where the job finds them.
  /// - Throws: ``DefinitionFault`` for what could not be read, ``SystemError`` for what the machine does not do.
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

  /// Limits what a job may use; tells once for each workflow of controllers that are not there, or refuses.
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
      return
        "tactusd has no control group of its own: Delegate=yes in its unit, or CgroupRoot= in tactusd.conf, gives it one"
    }
    return
      "\(root.path)/cgroup.subtree_control has no \(controllers.joined(separator: " ")): where control groups of version 1"
      + " have them, the machine has to be booted with systemd.unified_cgroup_hierarchy=1"
  }

  /// The only variable that a definition may refer to: nothing else is known when it is written.
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
