public import Foundation
internal import TactusLinux

/// Reads that continue after a signal: those of Foundation end the process if one interrupts them.
extension FileHandle {
  /// Waits for bytes, and returns at most 64 KiB; empty at the end, or if the file cannot be read.
  public func some(atMost limit: Int = 64 << 10) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      if case .bytes(let size) = Descriptor.read(fileDescriptor, into: UnsafeMutableRawBufferPointer(buffer)) {
        count = size
      }
    }
  }

  /// Returns all bytes up to the end.
  public func rest() -> [UInt8] {
    var bytes: [UInt8] = []
    while case let more = some(), !more.isEmpty { bytes += more }
    return bytes
  }
}
