internal import Foundation

/// A helper program of tests.
///
/// It prints `ready …`, obeys commands on its standard input, and ends when that closes.
///
/// Separate threads wait for the program. On the few threads that all tests share, one slow engine would block every
/// other test.
public final class Laboratory: Sendable {
  /// The id of the program's process.
  public var process: Int32 { child.processIdentifier }

  private let name: String
  private let child: Process
  private let input: FileHandle
  private let output: FileHandle
  private let litter: String?

  /// An error: the program refused a command or ended.
  public struct Failed: Error, CustomStringConvertible {
    /// The reason.
    public let description: String

    /// Creates an error with a reason.
    public init(_ description: String) { self.description = description }
  }

  /// True if the tests run as root, because laboratories need namespaces and mounts.
  ///
  /// Fails in CI otherwise, where no test may be skipped.
  public static let isPossible: Bool = {
    if geteuid() == 0 { return true }
    let needs = "laboratories need root, for namespaces and mounts"
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError(needs) }
    print("SKIPPED: \(needs)")
    return false
  }()

  /// Starts a program and waits until it is ready.
  ///
  /// - Parameters:
  ///   - script: the path of the program below `Tests`.
  ///   - litter: a file or directory to remove when this object is released.
  /// - Throws: ``Failed`` with the line that the program printed instead of `ready`.
  public init(_ script: String, _ arguments: [String], litter: String? = nil) async throws {
    name = ([script] + arguments).joined(separator: " ")
    self.litter = litter
    child = Process()
    child.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: script)
    child.arguments = arguments
    let (toChild, fromChild) = (Pipe(), Pipe())
    child.standardInput = toChild
    child.standardOutput = fromChild
    input = toChild.fileHandleForWriting
    output = fromChild.fileHandleForReading
    try child.run()
    let first = await line() ?? "it ended"
    guard first.hasPrefix("ready") else { throw Failed("\(name): \(first)") }
  }

  deinit {
    // Ends the program. This is quick enough to wait for, and the next test may need its ports.
    try? input.close()
    child.waitUntilExit()
    // A file that remains in /tmp fails no test.
    if let litter { try? FileManager.default.removeItem(atPath: litter) }
  }

  /// Sends a command line and waits for the line `ok …`.
  public func order(_ command: String) async throws {
    send(command)
    let answer = await line() ?? "it ended"
    guard answer.hasPrefix("ok") else { throw Failed("\(name): \(answer)") }
  }

  /// Sends one line.
  public func send(_ line: String) { input.write(Data("\(line)\n".utf8)) }

  /// Waits for the next line, and returns nil at the end of the output.
  public func line() async -> String? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [output] in continuation.resume(returning: Self.line(of: output)) }
    }
  }

  /// Calls the function with each further line, and with nil at the end, on a separate thread.
  public func forEachLine(_ body: @escaping @Sendable (String?) -> Void) {
    Thread.detachNewThread { [output] in
      while let line = Self.line(of: output) { body(line) }
      body(nil)
    }
  }

  private static func line(of file: FileHandle) -> String? {
    var bytes: [UInt8] = []
    while let byte = file.some(atMost: 1).first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }
}
