import CLinux
import Glibc

/// A program that shows text page by page.
///
/// A process has at most one.
///
/// Control-C belongs to the reader of the pages. While a pager runs, an interrupt ends this process only after the
/// pager. After a call of ``finish()``, it does not end this process at all. Writing to a pager that has ended is an
/// error and raises no signal.
public struct Pager: Sendable {
  /// The pipe to the pager's input.
  public let descriptor: Int32

  /// Starts a command of sh(1) on the terminal of this process.
  ///
  /// - Parameter environment: its complete environment, as `NAME=value`.
  public init(command: String, environment: [String]) throws(SystemError) {
    var pointers: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    descriptor = try check(tactus_pager_start(command, &pointers), "start", "the pager \(command)")
  }

  /// Closes the pager's input, waits for its end, and returns its exit code as a shell does.
  public func finish() -> Int { Int(tactus_pager_finish()) }
}
