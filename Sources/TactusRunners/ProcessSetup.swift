import Glibc
import TactusLinux
import TactusModel

/// What a start takes from the machine, and gives back: some of it always, the rest when it fails halfway.
///
/// Belongs to the runner's queue.
final class ProcessSetup {
  /// The group of the attempt; nil if there are none.
  let group: ControlGroup?
  /// Our ends of its pipes; one pipe if it has one for both streams.
  let stdout: Int32
  let stderr: Int32?
  /// What the child gets, closed here when it runs; the same descriptor for both streams if it has one pipe.
  let output: Int32
  let error: Int32
  let members: Int32?

  private let watches: ProcessWatches
  private let secrets: (directories: CredentialDirectories, id: JobID)?
  private var tokens: [Poller.Token] = []
  private var descriptors: [Int32] = []
  private var child: Int?
  private var isOver = false

  /// Makes pipes, and opens what the child joins.
  /// - Parameters:
  ///   - isShared: whether another user's job is to open its /dev/stdout.
  ///   - isMerged: whether both streams go through one pipe.
  ///   - secrets: those that were placed for the attempt.
  /// - Throws: ``SystemError``; then nothing is left of it, its group and its secrets included.
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
    // Who may look into /proc/PID/fd at all is the kernel's to say.
    if isShared { fchmod(pipe.write, 0o666) }
    opened += [pipe.read, pipe.write]
    return pipe
  }

  /// The child runs, and is ours to watch.
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

  /// Everything else has its owner now.
  func succeed() {
    guard !isOver else { fatalError("a start that was given back has succeeded") }
    isOver = true
    closeChildsEnds()
  }

  /// Gives everything back, once.
  func fail() {
    guard !isOver else { return }
    isOver = true
    if let child {
      // It runs but cannot be watched: ended here and now, because an attempt that is told as failed must not go on.
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
