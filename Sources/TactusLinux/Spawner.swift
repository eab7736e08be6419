import CLinux
import Glibc

/// Starts programs, each in its own session and with no descriptors but 0, 1 and 2.
public enum Spawner {
  /// A program to start.
  public struct Order: Sendable {
    /// The absolute path of the executable and its arguments; never empty.
    public var arguments: [String]
    /// The complete environment of the program, as `NAME=value`.
    public var environment: [String]
    /// The working directory, an absolute path.
    public var directory: String
    /// Whether the root directory replaces a missing working directory.
    public var directoryMayBeMissing = false
    /// The descriptors that become 0, 1 and 2.
    ///
    /// They stay the caller's.
    public var input: Int32
    /// See `input`.
    public var output: Int32
    /// See `input`.
    public var error: Int32
    /// An open `cgroup.procs` that the child joins before it runs.
    public var cgroup: Int32?
    /// The account that the program runs under, without capabilities; nil for the user of this process.
    ///
    /// It needs CAP_SETUID and CAP_SETGID, and costs a fork instead of a vfork.
    public var account: Account?

    /// Creates an order.
    public init(
      arguments: [String], environment: [String], directory: String, input: Int32, output: Int32, error: Int32,
      cgroup: Int32? = nil, account: Account? = nil
    ) {
      self.arguments = arguments
      self.environment = environment
      self.directory = directory
      self.input = input
      self.output = output
      self.error = error
      self.cgroup = cgroup
      self.account = account
    }
  }

  /// The reason why a program was not started.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The failed call.
    public var cause: SystemError
    /// Whether the order itself cannot be started.
    ///
    /// Otherwise a later attempt may succeed.
    public var isOrderAtFault: Bool
    /// The obstacle behind "Permission denied"; nil if it is unknown.
    public var obstacle: Obstacle?

    /// The fault of a script or its interpreter; nil if its first line shows none.
    public var script: ScriptFault?

    /// The message for the operator.
    public var description: String { script.map { "\(cause), because \($0.sentence)" } ?? cause.description }
  }

  /// Starts a program and returns its pid.
  ///
  /// It is a child of this process, which must reap it.
  ///
  /// Returns when the program runs, after 75–300 µs. Otherwise it throws ``Failure`` and leaves no process. A file
  /// system that does not answer blocks this thread. With a progress, another thread can give up through
  /// ``ChildProgress/cancel()``. ECANCELED is then thrown when the kernel releases the child. Without a progress, a
  /// child that another user may delay has five seconds.
  public static func spawn(_ order: Order, progress given: ChildProgress? = nil) throws(Failure) -> Int {
    guard let path = order.arguments.first else { fatalError("an order to spawn names no executable") }
    if let subject = order.subjectWithZero {
      let cause = SystemError(code: EINVAL, operation: "pass", subject: "\(subject), which contains a zero byte")
      throw Failure(cause: cause, isOrderAtFault: true)
    }
    let progress: ChildProgress
    do throws(SystemError) { progress = if let given { given } else { try ChildProgress() } } catch {
      throw Failure(cause: error, isOrderAtFault: false)
    }
    var step = TACTUS_SPAWN_FORK
    let answer = start(order, path, progress, patience: given == nil ? patience : -1, step: &step)
    progress.conclude()
    if progress.isCanceled || answer < 0 { abandon(progress.process, isRunning: answer > 0) }
    guard !progress.isCanceled else { throw failure(of: order, at: step, code: ECANCELED) }
    guard answer < 0 else { return Int(answer) }
    throw failure(of: order, at: step, code: -answer)
  }

  /// How long a spawn without a progress lets a child take until its exec, in milliseconds.
  private static let patience: Int32 = 5000

  private static func start(
    _ order: Order, _ path: String, _ progress: ChildProgress, patience: Int32, step: inout tactus_spawn_step
  ) -> Int32 {
    withCStrings(order.arguments) { arguments in
      withCStrings(order.environment) { environment in
        path.withCString { path in
          order.directory.withCString { directory in
            withIdentity(of: order.account) { identity in
              var order = tactus_spawn_order(
                path: path, arguments: arguments, environment: environment, directory: directory, input: order.input,
                output: order.output, error: order.error, cgroup: order.cgroup ?? -1, identity: identity,
                directory_may_be_missing: order.directoryMayBeMissing ? 1 : 0, patience: patience)
              return tactus_spawn(&order, progress.pointer, &step)
            }
          }
        }
      }
    }
  }

  /// Reaps a child that has failed, or that was canceled and killed before its exec.
  private static func abandon(_ process: Int?, isRunning: Bool) {
    guard let process else { return }
    if isRunning { _ = kill(Int32(process), SIGKILL) }
    // Fails if another caller has reaped it.
    _ = tactus_child_await(Int32(process))
  }

  private static func failure(of order: Order, at step: tactus_spawn_step, code: Int32) -> Failure {
    let path = order.arguments[0]
    let name = order.account?.name ?? path
    // ETXTBSY is a program that is being replaced, ETIMEDOUT a child that was delayed.
    let isPassing = [EAGAIN, EMFILE, ENFILE, ENOMEM, ETXTBSY, EIO, ETIMEDOUT, ECANCELED].contains(code)
    func failure(_ operation: String, _ subject: String, isOrderAtFault: Bool, _ obstacle: Obstacle? = nil) -> Failure {
      Failure(
        cause: SystemError(code: code, operation: operation, subject: subject),
        isOrderAtFault: isOrderAtFault && !isPassing, obstacle: obstacle)
    }
    let isDenied = code == EACCES
    switch step {
    case TACTUS_SPAWN_DIRECTORY:
      let obstacle = isDenied ? Obstacle.toEntering(order.directory, as: order.account) : nil
      return failure("enter directory", order.directory, isOrderAtFault: true, obstacle)
    case TACTUS_SPAWN_EXECUTE where code == ENOENT && access(path, F_OK) == 0:
      var failure = failure("find the interpreter of", path, isOrderAtFault: true)
      failure.script = ScriptFault.of(path)
      return failure
    case TACTUS_SPAWN_EXECUTE:
      let obstacle = isDenied ? Obstacle.toExecuting(path, as: order.account) : nil
      return failure("execute", path, isOrderAtFault: true, obstacle)
    case TACTUS_SPAWN_CGROUP: return failure("join the control group for", path, isOrderAtFault: false)
    case TACTUS_SPAWN_OOM_SCORE: return failure("reset the OOM score for", path, isOrderAtFault: false)
    case TACTUS_SPAWN_GROUPS: return failure("set the supplementary groups of", name, isOrderAtFault: false)
    case TACTUS_SPAWN_GROUP: return failure("switch to the group of", name, isOrderAtFault: false)
    case TACTUS_SPAWN_USER: return failure("switch to user", name, isOrderAtFault: false)
    case TACTUS_SPAWN_CAPABILITIES: return failure("drop the capabilities for", path, isOrderAtFault: false)
    default: return failure("start a process for", path, isOrderAtFault: false)
    }
  }

  /// A null-terminated array of C strings, in two allocations for any number of strings.
  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(strings.reduce(0) { $0 + $1.utf8.count + 1 })
    var offsets: [Int] = []
    offsets.reserveCapacity(strings.count)
    for string in strings {
      offsets.append(bytes.count)
      bytes.append(contentsOf: string.utf8)
      bytes.append(0)
    }
    return bytes.withUnsafeMutableBytes { bytes in
      let buffer = bytes.bindMemory(to: CChar.self)
      var pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
      pointers.append(nil)
      return pointers.withUnsafeBufferPointer { pointers in
        guard let first = pointers.baseAddress else { fatalError("an array with a terminator has no address") }
        return body(first)
      }
    }
  }
}

extension Spawner.Order {
  /// The part with a zero byte, which no C string can hold.
  ///
  /// Its position names it, because any of its text may be secret.
  fileprivate var subjectWithZero: String? {
    if let index = arguments.firstIndex(where: { $0.utf8.contains(0) }) {
      return index == 0 ? "the path of the program" : "argument \(index)"
    }
    if let variable = environment.first(where: { $0.utf8.contains(0) }) {
      let name = variable.prefix { $0 != "=" }
      return name.utf8.contains(0) ? "the name of a variable" : "the variable \(name)"
    }
    return directory.utf8.contains(0) ? "the working directory" : nil
  }
}
