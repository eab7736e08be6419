import CLinux

/// The allocator of this process: that of glibc.
public enum Allocator {
  /// Blocks from this size on are mapped one by one, and free memory beyond it goes back to the system, in bytes.
  private static let threshold: Int32 = 128 << 10

  /// Has a program that runs for months keep little free memory; at the start of `main`, before there are other threads.
  ///
  /// By default glibc makes eight arenas per processor, each thread of Dispatch may use another one, and what is freed in one is
  /// of no use to the others: after some ten thousand jobs that was more than all that is in use. Large blocks would raise the
  /// threshold, so that they leave holes. Source: mallopt(3)
  public static func economize() {
    // Refused only by another libc, which then has ways of its own.
    _ = tactus_allocator_economize(1, threshold)
  }
}
