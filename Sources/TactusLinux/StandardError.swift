import Glibc

/// Standard error, for messages of a program that has no log.
public enum StandardError {
  /// Writes a line; if that fails, there is no place left to report it.
  public static func write(line: String) {
    _ = Array("\(line)\n".utf8).withUnsafeBytes { Descriptor.write(STDERR_FILENO, from: $0) }
  }
}
