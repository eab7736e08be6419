import Glibc
import TactusLinux
import TactusModel

/// The resources that a start acquires, and releases: some of them always, the others when it fails.
///
/// Belongs to the runner's queue.
final class ProcessSetup {
  /// The group of the attempt; nil if groups are unavailable.
  let group: ControlGroup?
  /// Our ends of the pipes.
  ///
  /// A merged output uses one pipe for both streams.
  let stdout: Int32
  let stderr: Int32?
  /// The child's ends, closed here when it runs.
  ///
  /// With one pipe, both streams share a descriptor.
  let output: Int32
  let error: Int32
  let members: Int32?

  private let watches: ProcessWatches
  private let secrets: (directories: CredentialDirectories, id: JobID)?
  private var tokens: [Poller.Token] = []
  private var descriptors: [Int32] = []
  private var child: Int?
  private var isOver = false

  /// Creates the pipes and opens what the child joins.
  ///
  /// - Parameters:
  ///   - isShared: whether a job of another user must be able to open its /dev/stdout.
  ///   - isMerged: whether both streams use one pipe.
  ///   - secrets: the secrets that were written for the attempt.
  /// - Throws: ``SystemError``. Everything is released first, including the group and the secrets.
  init(
    group: ControlGroup?, isShared: Bool, isMerged: Bool, secrets: (directories: CredentialDirectories, id: JobID)?,
    watches: ProcessWatches
  ) throws(SystemError) {
    (self.group, self.secrets, self.watches) = (group, secrets, watches)
    var opened: [Int32] = []
    do throws(SystemError) {
      members = try group?.open("cgroup.procs", O_WRONLY)
      if let members { opened.append(members) }
      (stdout, output) = try Self.pipe(&opened, isShared: isShared)
      if isMerged {
        (stderr, error) = (nil, output)
      } else {
        (stderr, error) = try Self.pipe(&opened, isShared: isShared)
      }
    } catch {
      for descriptor in opened { Descriptor.close(descriptor) }
      Self.remove(group, secrets)
      throw error
    }
    descriptors = [stdout, stderr].compactMap(\.self)
  }

  private static func pipe(
    _ opened: inout [Int32], isShared: Bool
  ) throws(SystemError) -> (read: Int32, write: Int32) {
    let pipe = try Descriptor.pipe(nonBlockingRead: true)
    // The kernel decides which users may look into /proc/PID/fd.
    if isShared { fchmod(pipe.write, 0o666) }
    opened += [pipe.read, pipe.write]
    return pipe
  }

  /// Takes charge of the child, which runs now.
  func take(_ process: Int) throws(SystemError) -> ProcessHandle {
    child = process
    let handle = try ProcessHandle(of: process)
    descriptors.append(handle.descriptor)
    return handle
  }

  func watch(_ descriptor: Int32, as target: ProcessWatches.Target) throws(SystemError) -> Poller.Token {
    let token = try watches.add(descriptor, as: target)
    tokens.append(token)
    return token
  }

  /// Marks the start as successful: the other resources now belong to the attempt.
  func succeed() {
    guard !isOver else { fatalError("a start that was given back has succeeded") }
    isOver = true
    closeChildsEnds()
  }

  /// Releases everything, once.
  func fail() {
    guard !isOver else { return }
    isOver = true
    if let child {
      // It runs but cannot be watched. It is killed at once, because an attempt reported as failed must not continue.
      kill(-Int32(child), SIGKILL)
      waitpid(Int32(child), nil, 0)
    }
    for token in tokens { watches.remove(token) }
    closeChildsEnds()
    for descriptor in descriptors { Descriptor.close(descriptor) }
    Self.remove(group, secrets)
  }

  private func closeChildsEnds() {
    for descriptor in [output, stderr == nil ? nil : error, members].compactMap(\.self) { Descriptor.close(descriptor) }
  }

  private static func remove(_ group: ControlGroup?, _ secrets: (directories: CredentialDirectories, id: JobID)?) {
    _ = group?.remove()
    if let secrets { secrets.directories.remove(secrets.id) }
  }
}
