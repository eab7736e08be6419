import CLinux

/// The memory allocator of this process, which is glibc's.
public enum Allocator {
  /// Blocks from this size on are mapped individually, in bytes, so that large buffers leave no holes in the heap.
  private static let mapped: Int32 = 64 << 10
  /// Free memory that is kept at the end of the heap, in bytes.
  private static let kept: Int32 = 128 << 10

  /// Limits the free memory of a long-running program.
  ///
  /// Called at the start of `main`, before other threads exist.
  ///
  /// By default glibc creates eight arenas per processor, and each thread of Dispatch may use another one. Memory that
  /// is freed in one arena is useless to the others. After about ten thousand jobs, that was more than all memory in
  /// use. Freed large blocks would raise both thresholds.
  ///
  /// Source: mallopt(3)
  public static func economize() {
    // Refused only by another libc, which manages its memory differently.
    _ = tactus_allocator_economize(1, mapped, kept)
  }
}
