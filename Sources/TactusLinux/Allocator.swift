import CLinux

/// The allocator of this process: that of glibc.
public enum Allocator {
  /// Blocks from this size on are mapped one by one, in bytes: the buffers of clients and of output leave no holes.
  private static let mapped: Int32 = 64 << 10
  /// Free memory at the end of the heap that is kept, in bytes.
  private static let kept: Int32 = 128 << 10

  /// Has a program that runs for months keep little free memory; at the start of `main`, before there are other threads.
  ///
  /// By default glibc makes eight arenas per processor, each thread of Dispatch may use another one, and what is freed in one is
  /// of no use to the others: after some ten thousand jobs that was more than all that is in use. Large blocks that are freed would
  /// raise both thresholds. Source: mallopt(3)
  public static func economize() {
    // Refused only by another libc, which then has ways of its own.
    _ = tactus_allocator_economize(1, mapped, kept)
  }
}
