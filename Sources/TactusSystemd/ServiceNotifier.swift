import CSystemd
public import TactusLinux
public import TactusModel
public import TactusPorts

/// Notifies the service manager of the daemon's state; does nothing without `NOTIFY_SOCKET`.
///
/// Any thread; a message is one datagram. Source: sd_notify(3), systemd.service(5) `Type=notify`.
public struct ServiceNotifier: Sendable {
  /// A state of the daemon.
  public enum State: Hashable, Sendable {
    /// Start-up, or a reload, is finished.
    case ready
    /// The configuration is being read again, since an instant of `CLOCK_MONOTONIC`.
    case reloading(since: MonotonicInstant)
    /// The daemon stops.
    case stopping
    /// The daemon works: a sign of life for the watchdog.
    case watchdog
    /// A text for `systemctl status`.
    case status(String)
    /// The start or the stop takes longer: at least this long from now.
    case extendTimeout(by: Duration)

    /// The assignments of sd_notify(3), one per line.
    var text: String {
      switch self {
      case .ready: "READY=1"
      case .reloading(let instant): "RELOADING=1\nMONOTONIC_USEC=\(instant.microseconds)"
      case .stopping: "STOPPING=1"
      case .watchdog: "WATCHDOG=1"
      // A newline would start the next assignment.
      case .status(let sentence): "STATUS=\(sentence.split(whereSeparator: \.isNewline).joined(separator: " "))"
      case .extendTimeout(let span): "EXTEND_TIMEOUT_USEC=\(max(0, span.microseconds))"
      }
    }
  }

  private let time: any TimeSource

  /// Creates a notifier; the socket is looked up for each message.
  public init(time: any TimeSource = SystemTime()) { self.time = time }

  /// Start-up, or a reload, is finished.
  public func ready() { notify(.ready) }

  /// The configuration is being read again from now on, until ``ready()``.
  public func reloading() { notify(.reloading(since: time.monotonic)) }

  /// The daemon stops.
  public func stopping() { notify(.stopping) }

  /// Sends some states in one message.
  ///
  /// - Returns: nil, or the error of the message. The manual recommends to ignore it: a service manager that misses a
  ///   message reports that itself.
  @discardableResult
  public func notify(_ states: State...) -> SystemError? {
    let answer = sd_notify(0, states.map(\.text).joined(separator: "\n"))
    return answer < 0 ? SystemError(code: -answer, operation: "notify", subject: "the service manager") : nil
  }
}
