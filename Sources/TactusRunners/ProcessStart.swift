import Glibc
import TactusLinux
import TactusModel
import TactusPorts

extension ProcessRunner {
  /// Starts an attempt; tells `started`, or `ended` if it cannot be started.
  func begin(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .command(let command) = order.work else {
      fatalError("the process runner was given a \(order.work.kind.rawValue)")
    }
    guard runs[order.id] == nil else { fatalError("attempt \(order.id) was started twice") }
    do {
      let (run, process) = try launch(order, command, events: events)
      var facts = StartFacts(
        at: time.now, processID: process, processStart: ProcessTable.startTicks(of: process))
      facts.runner = .direct
      runs[order.id] = run
      children[process] = order.id
      events(.started(facts))
    } catch let failure as Spawner.Failure where failure.isOrderAtFault {
      events(.ended(.failed(.validationError, sentence(of: failure)), Report()))
    } catch let fault as DefinitionFault {
      events(.ended(.failed(.validationError, fault.description), Report()))
    } catch {
      // The machine's fault, or ours: nothing that would count against the workflow.
      events(.ended(.failed(.dispatchExhausted, "\(error)"), Report()))
    }
  }

  /// What could not be started, and what was in its way: to write is not what it was denied.
  private func sentence(of failure: Spawner.Failure) -> String {
    if failure.cause.code == ENOEXEC {
      return
        "\(failure): it is no program of this machine, or a script whose first line does not say what runs it, such as #!/bin/sh"
    }
    guard failure.cause.code == EACCES else { return failure.description }
    let account: Account? = if case .account(let account) = user.choice { account } else { nil }
    let name = account?.name ?? Account.name(of: geteuid())
    let obstacle =
      failure.obstacle?.sentence(for: name)
      ?? "no mode on the way to it says so: look at access control lists, security modules and, of a script, its interpreter"
    return "\(failure); \(obstacle)" + (account == nil ? "" : "; Runner=systemd can run it as another User=")
  }

  private func launch(
    _ order: RunOrder, _ command: Command, events: @escaping @Sendable (RunnerEvent) -> Void
  ) throws -> (ProcessRun, process: Int) {
    let watches = try watches()
    var cleanup = Cleanup()
    defer { cleanup.run() }

    let surroundings = try surroundings(of: order, command)
    if !command.credentials.isEmpty { cleanup.secrets = (credentials, order.id) }
    let group = try root?.makeChild("tactus-\(order.id)")
    if let group { cleanup.groups.append(group) }
    try enforce(command.limits, on: group, of: order.workflow)
    let members = try group?.open("cgroup.procs", O_WRONLY)
    if let members { cleanup.always.append(members) }
    let stdout = try pipe(&cleanup, isShared: surroundings.account != nil)
    let stderr = command.mergesOutput ? nil : try pipe(&cleanup, isShared: surroundings.account != nil)
    let process = try Spawner.spawn(
      Spawner.Order(
        arguments: command.arguments, environment: surroundings.environment, directory: surroundings.directory,
        input: watches.null, output: stdout.write, error: stderr?.write ?? stdout.write, cgroup: members,
        account: surroundings.account))
    cleanup.children.append(process)

    let handle = try ProcessHandle(of: process)
    cleanup.onFailure.append(handle.descriptor)
    let main = try cleanup.watch(handle.descriptor, as: .main(order.id), in: watches)
    let output = ProcessOutput(
      stdout: .init(
        descriptor: stdout.read, token: try cleanup.watch(stdout.read, as: .output(order.id, .stdout), in: watches),
        lines: ProcessLines(of: .stdout)),
      stderr: try stderr.map {
        .init(
          descriptor: $0.read, token: try cleanup.watch($0.read, as: .output(order.id, .stderr), in: watches),
          lines: ProcessLines(of: .stderr))
      },
      limit: order.logLimit, watches: watches)
    cleanup.succeed()
    let tree: any ProcessTree =
      if let group {
        ProcessGroup(of: order.id, group: group, killMode: command.killMode, watches: watches)
      } else {
        ProcessSession(
          of: order.id, leader: process, killMode: command.killMode, pipes: output.inodes, watches: watches)
      }
    let run = ProcessRun(
      order.id, main: .init(handle: handle, token: main), tree: tree, output: output, events: events)
    run.hasCredentials = !command.credentials.isEmpty
    run.memoryMax = command.limits.memoryMax
    run.hints = user.hints
    return (run, process)
  }

  private func pipe(_ cleanup: inout Cleanup, isShared: Bool) throws(SystemError) -> (read: Int32, write: Int32) {
    let pipe = try Descriptor.pipe(nonBlockingRead: true)
    // So that another user's job can open its /dev/stdout; who may look into /proc/PID/fd at all is the kernel's to say.
    if isShared { fchmod(pipe.write, 0o666) }
    cleanup.always.append(pipe.write)
    cleanup.onFailure.append(pipe.read)
    return pipe
  }
}

/// What a start leaves to be undone: some of it always, the rest when it fails halfway.
private struct Cleanup {
  var always: [Int32] = []
  var onFailure: [Int32] = []
  var groups: [ControlGroup] = []
  var children: [Int] = []
  var secrets: (directories: CredentialDirectories, id: JobID)?
  private var tokens: [Poller.Token] = []
  private var watches: ProcessWatches?

  mutating func watch(
    _ descriptor: Int32, as target: ProcessWatches.Target, in watches: ProcessWatches
  ) throws(SystemError) -> Poller.Token {
    let token = try watches.add(descriptor, as: target)
    self.watches = watches
    tokens.append(token)
    return token
  }

  /// Everything has its owner now.
  mutating func succeed() {
    (onFailure, groups, children, tokens, secrets) = ([], [], [], [], nil)
  }

  func run() {
    for process in children {
      // It runs but cannot be watched: ended here and now, because an attempt that is told as failed must not go on.
      kill(-Int32(process), SIGKILL)
      waitpid(Int32(process), nil, 0)
    }
    for token in tokens { watches?.remove(token) }
    for descriptor in always + onFailure { Descriptor.close(descriptor) }
    for group in groups { _ = group.remove() }
    if let secrets { secrets.directories.remove(secrets.id) }
  }
}
