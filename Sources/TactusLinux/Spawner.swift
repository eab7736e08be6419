import CLinux
import Glibc

/// Starts programs: each in a session of its own, with descriptors 0, 1 and 2 and nothing else of ours.
public enum Spawner {
  /// What to start.
  public struct Order {
    /// The executable, an absolute path, and its arguments; never empty.
    public var arguments: [String]
    /// `NAME=value`, everything that the program gets.
    public var environment: [String]
    /// An absolute path.
    public var directory: String
    /// Descriptors that become 0, 1 and 2; they stay the caller's.
    public var input: Int32
    /// See `input`.
    public var output: Int32
    /// See `input`.
    public var error: Int32
    /// An open `cgroup.procs` that the child joins before it runs.
    public var cgroup: Int32?

    /// Puts an order together.
    public init(
      arguments: [String], environment: [String], directory: String, input: Int32, output: Int32, error: Int32,
      cgroup: Int32? = nil
    ) {
      self.arguments = arguments
      self.environment = environment
      self.directory = directory
      self.input = input
      self.output = output
      self.error = error
      self.cgroup = cgroup
    }
  }

  /// Starts a program and answers its pid; it is a child of this process, which reaps it.
  ///
  /// Returns when the program runs, after 75–300 µs. Throws ``SystemError`` when it does not; then no process is left.
  public static func spawn(_ order: Order) throws(SystemError) -> Int {
    guard let path = order.arguments.first else { fatalError("an order to spawn names no executable") }
    if let text = (order.arguments + order.environment + [order.directory]).first(where: { $0.utf8.contains(0) }) {
      let shown = String(decoding: text.utf8.map { $0 == 0 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
      throw SystemError(code: EINVAL, operation: "pass on, because it contains a zero byte,", subject: shown)
    }
    var step = TACTUS_SPAWN_FORK
    let answer = withCStrings(order.arguments) { arguments in
      withCStrings(order.environment) { environment in
        path.withCString { path in
          order.directory.withCString { directory in
            var order = tactus_spawn_order(
              path: path, arguments: arguments, environment: environment, directory: directory, input: order.input,
              output: order.output, error: order.error, cgroup: order.cgroup ?? -1)
            return tactus_spawn(&order, &step)
          }
        }
      }
    }
    guard answer < 0 else { return Int(answer) }
    throw failure(of: order, at: step, code: -answer)
  }

  private static func failure(of order: Order, at step: tactus_spawn_step, code: Int32) -> SystemError {
    let path = order.arguments[0]
    switch step {
    case TACTUS_SPAWN_DIRECTORY: return SystemError(code: code, operation: "enter directory", subject: order.directory)
    case TACTUS_SPAWN_EXECUTE where code == ENOENT && access(path, F_OK) == 0:
      return SystemError(code: code, operation: "find the interpreter of", subject: path)
    case TACTUS_SPAWN_EXECUTE: return SystemError(code: code, operation: "execute", subject: path)
    case TACTUS_SPAWN_CGROUP: return SystemError(code: code, operation: "join the control group for", subject: path)
    default: return SystemError(code: code, operation: "start a process for", subject: path)
    }
  }

  /// A null-terminated array of C strings, in two allocations however many there are.
  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    var bytes: [CChar] = []
    bytes.reserveCapacity(strings.reduce(0) { $0 + $1.utf8.count + 1 })
    var offsets: [Int] = []
    offsets.reserveCapacity(strings.count)
    for string in strings {
      offsets.append(bytes.count)
      bytes.append(contentsOf: string.utf8.lazy.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    return bytes.withUnsafeMutableBufferPointer { buffer in
      var pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
      pointers.append(nil)
      return pointers.withUnsafeBufferPointer { pointers in
        guard let first = pointers.baseAddress else { fatalError("an array with a terminator has no address") }
        return body(first)
      }
    }
  }
}
