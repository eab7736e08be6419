internal import Foundation

/// A program that tests talk to by lines: it prints `ready …`, obeys commands on its standard input and ends with it.
///
/// It is waited for on threads of its own: on the few that all tests share, one engine that takes its time to start would keep
/// every other test from looking at its daemon.
public final class Laboratory: Sendable {
  /// Its process.
  public var process: Int32 { child.processIdentifier }

  private let name: String
  private let child: Process
  private let input: FileHandle
  private let output: FileHandle
  private let litter: String?

  /// It did not do what it was told to.
  public struct Failed: Error, CustomStringConvertible {
    /// What went wrong.
    public let description: String

    /// Makes one.
    public init(_ description: String) { self.description = description }
  }

  /// Whether laboratories can run here: they need root, for namespaces and mounts.
  ///
  /// A skipped laboratory is a failure where it must not be skipped.
  public static let isPossible: Bool = {
    if geteuid() == 0 { return true }
    let needs = "laboratories need root, for namespaces and mounts"
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError(needs) }
    print("SKIPPED: \(needs)")
    return false
  }()

  /// Starts one and waits until it is ready.
  /// - Parameters:
  ///   - script: below `Tests`.
  ///   - litter: a file or directory that goes with this object.
  /// - Throws: ``Failed`` with what it said instead.
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
    // Ends it, whatever it is doing; that takes no time worth a thread, and the next test may need its ports.
    try? input.close()
    child.waitUntilExit()
    // What is left in /tmp fails no test.
    if let litter { try? FileManager.default.removeItem(atPath: litter) }
  }

  /// Has it do something, in one line that is answered with one line, `ok …`.
  public func order(_ command: String) async throws {
    send(command)
    let answer = await line() ?? "it ended"
    guard answer.hasPrefix("ok") else { throw Failed("\(name): \(answer)") }
  }

  /// Sends one line.
  public func send(_ line: String) { input.write(Data("\(line)\n".utf8)) }

  /// Waits for the next line; nil when there is none to come.
  public func line() async -> String? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [output] in continuation.resume(returning: Self.line(of: output)) }
    }
  }

  /// Hands every further line over, on a thread of its own, and nil at the end.
  public func forEachLine(_ body: @escaping @Sendable (String?) -> Void) {
    Thread.detachNewThread { [output] in
      while let line = Self.line(of: output) { body(line) }
      body(nil)
    }
  }

  private static func line(of file: FileHandle) -> String? {
    var bytes: [UInt8] = []
    while let byte = file.readData(ofLength: 1).first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }
}
