import CSystemd
public import TactusLinux
public import TactusModel
public import TactusPorts

/// Tells the service manager how the daemon is; does nothing where none has asked, that is without `NOTIFY_SOCKET`.
///
/// Any thread; a message is one datagram. Source: sd_notify(3), systemd.service(5) `Type=notify`.
public struct ServiceNotifier: Sendable {
  /// What can be told.
  public enum State: Hashable, Sendable {
    /// Start-up, or a reload, is finished.
    case ready
    /// The configuration is being read again, since an instant of `CLOCK_MONOTONIC`.
    case reloading(since: MonotonicInstant)
    /// The daemon is on its way out.
    case stopping
    /// Everything goes on: a sign of life for the watchdog.
    case watchdog
    /// A sentence for `systemctl status`.
    case status(String)
    /// Starting or stopping takes longer: at least so long from now.
    case extendTimeout(by: Duration)

    /// The assignments of sd_notify(3), one a line.
    var text: String {
      switch self {
      case .ready: "READY=1"
      case .reloading(let instant): "RELOADING=1\nMONOTONIC_USEC=\(instant.microseconds)"
      case .stopping: "STOPPING=1"
      case .watchdog: "WATCHDOG=1"
      // A newline would begin the next assignment.
      case .status(let sentence): "STATUS=\(sentence.split(whereSeparator: \.isNewline).joined(separator: " "))"
      case .extendTimeout(let span): "EXTEND_TIMEOUT_USEC=\(max(0, span.microseconds))"
      }
    }
  }

  private let time: any TimeSource

  /// Makes a notifier; the socket is looked up for each message.
  public init(time: any TimeSource = SystemTime()) { self.time = time }

  /// Start-up, or a reload, is finished.
  public func ready() { tell(.ready) }

  /// The configuration is being read again from now on; ``ready()`` ends it.
  public func reloading() { tell(.reloading(since: time.monotonic)) }

  /// The daemon is on its way out.
  public func stopping() { tell(.stopping) }

  /// Tells some states in one message.
  ///
  /// - Returns: nil, or why the message was not taken. Nothing needs to be done about it, and the manual recommends to
  ///   ignore it: a service manager that misses a message says so itself.
  @discardableResult
  public func tell(_ states: State...) -> SystemError? {
    let answer = sd_notify(0, states.map(\.text).joined(separator: "\n"))
    return answer < 0 ? SystemError(code: -answer, operation: "notify", subject: "the service manager") : nil
  }
}
