import Foundation
import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// A socket that sends the bytes of a script to each connection and closes it, like a daemon that crashes.
///
/// After the last script it stops listening.
final class ScriptedDaemon: Sendable {
  let path: String
  private let directory = TemporaryFile(named: "control.sock")
  private let heard = Mutex<[String]>([])

  /// The first message of each connection.
  var calls: [String] { heard.withLock { $0 } }

  init(_ scripts: [[UInt8]]) throws {
    path = directory.path
    let listener = try UnixSocket.listen(at: path)
    Thread.detachNewThread { [self] in
      for script in scripts {
        guard let connection = Self.accept(listener) else { break }
        let call = Self.message(from: connection)
        heard.withLock { $0.append(call) }
        _ = script.withUnsafeBytes { Descriptor.send(connection, from: $0) }
        Descriptor.close(connection)
      }
      unlink(path)
      Descriptor.close(listener)
    }
  }

  private static let limit: Duration = .seconds(60)

  private static func accept(_ listener: Int32) -> Int32? {
    // Nil ends this script, and the test fails because the script was not used.
    guard (try? DescriptorWait.first(toRead: [listener], within: limit)) == listener else { return nil }
    return try? UnixSocket.accept(listener)  // as above
  }

  private static func message(from connection: Int32) -> String {
    var message: [UInt8] = []
    var byte: [UInt8] = [0]
    while message.last != 0 {
      // If the wait fails, the bytes received so far are returned.
      guard (try? DescriptorWait.first(toRead: [connection], within: limit)) == connection,
        case .bytes = byte.withUnsafeMutableBytes({ Descriptor.read(connection, into: $0) })
      else { break }
      message += byte
    }
    return String(decoding: message.dropLast(), as: UTF8.self)
  }
}
