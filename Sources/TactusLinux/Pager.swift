import CLinux
import Glibc

/// A program that shows text page by page; a process has at most one.
///
/// Control-C belongs to whoever reads the pages: while one runs, an interrupt ends this process only after the pager, and
/// once ``finish()`` was called it does not end it at all. Writing to a pager that is gone is an error and no signal.
public struct Pager: Sendable {
  /// Where it reads what it shows.
  public let descriptor: Int32

  /// Starts a command of sh(1), on the terminal of this process.
  /// - Parameter environment: `NAME=value`, everything that it gets.
  public init(command: String, environment: [String]) throws(SystemError) {
    var pointers: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    descriptor = try check(tactus_pager_start(command, &pointers), "start", "the pager \(command)")
  }

  /// Tells it that no more comes, waits for its end, and returns the exit code as a shell gives it.
  public func finish() -> Int { Int(tactus_pager_finish()) }
}
