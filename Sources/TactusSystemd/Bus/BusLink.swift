import CSystemd
import Glibc
import TactusLinux
import TactusModel

/// One connection of sd-bus(3), from its start to its end.
///
/// Belongs to the bus's queue.
final class BusLink {
  /// A signal of systemd.
  enum Signal {
    case changed(String, @Sendable (inout UnitState) -> Void)
    /// The job of a unit has ended, or the unit was unloaded.
    case over(String)
    /// systemd reloaded its configuration, and sent no signals meanwhile.
    case loadedAnew
    /// Another process owns the name of systemd.
    case replaced
  }

  private let bus: OpaquePointer
  private let poller: Poller
  private var token: Poller.Token
  private let report: (Signal) -> Void
  private var pending: Set<Pending> = []

  /// The number of messages that are processed in one turn.
  private static let batch = 512

  init(
    to address: UnitBus.Address, poller: Poller, signals: @escaping (Signal) -> Void
  ) throws(SystemError) {
    var handle: OpaquePointer?
    switch address {
    case .system: try Self.check(sd_bus_open_system(&handle), "connect to", "the system bus")
    case .manager(let path):
      try Self.check(sd_bus_new(&handle), "make", "a connection")
      do {
        try Self.check(sd_bus_set_address(handle, "unix:path=\(Self.escaped(path))"), "connect to", path)
        try Self.check(sd_bus_start(handle), "connect to", path)
      } catch {
        sd_bus_unref(handle)
        throw error
      }
    }
    guard let handle else { fatalError("sd-bus returned neither a connection nor an error") }
    do {
      let descriptor = sd_bus_get_fd(handle)
      try Self.check(descriptor, "watch", "the connection to systemd")
      token = try poller.add(descriptor, for: .read)
    } catch {
      sd_bus_close_unref(handle)
      throw error
    }
    bus = handle
    self.poller = poller
    report = signals
    do { try match() } catch {
      close("\(error)")
      throw error
    }
  }

  deinit { sd_bus_close_unref(bus) }

  /// The name that a dbus-daemon has given the connection.
  var uniqueName: String {
    var name: UnsafePointer<CChar>?
    guard sd_bus_get_unique_name(bus, &name) >= 0, let name else { return "" }
    return String(cString: name)
  }

  /// The instant when the connection must be processed at the latest; nil for no limit.
  var timeout: MonotonicInstant? {
    var microseconds: UInt64 = 0
    guard sd_bus_get_timeout(bus, &microseconds) >= 0, microseconds != .max else { return nil }
    return MonotonicInstant(microseconds: Int64(clamping: microseconds))
  }

  /// Watches the events that the connection waits for.
  func watch() {
    let events = sd_bus_get_events(bus)
    guard events >= 0 else { return }
    var interest: Poller.Interest = .hangup
    if events & POLLIN != 0 { interest.insert(.read) }
    if events & POLLOUT != 0 { interest.insert(.write) }
    poller.change(token, to: interest)
  }

  /// Reads, writes and answers; returns nil, or the reason why the connection has ended.
  func process() -> String? {
    for _ in 0..<Self.batch {
      let answer = sd_bus_process(bus, nil)
      if answer < 0 { return SystemError.words(for: -answer) }
      if answer == 0 { break }
    }
    return sd_bus_is_open(bus) > 0 ? nil : "the connection was closed"
  }

  /// Ends the connection, and answers all open calls with a failure.
  func close(_ reason: String) {
    // sd-bus may have closed its descriptor already.
    poller.forget(token)
    sd_bus_close(bus)
    let open = pending
    pending = []
    for call in open { call.answer(.failure(.unanswered(reason))) }
  }

  // MARK: Calls

  /// An open call, to which sd-bus has a pointer as long as it is in `pending`.
  private final class Pending: Hashable {
    unowned let link: BusLink
    let answer: (Result<BusMessage, BusFailure>) -> Void

    init(_ link: BusLink, _ answer: @escaping (Result<BusMessage, BusFailure>) -> Void) {
      (self.link, self.answer) = (link, answer)
    }

    static func == (left: Pending, right: Pending) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  func ask(
    _ method: BusMethod, write: (BusMessage) -> Void, answer: @escaping (Result<BusMessage, BusFailure>) -> Void
  ) {
    do {
      let message = try BusMessage.call(method, on: bus)
      write(message)
      try message.checkWritten()
      let call = Pending(self, answer)
      pending.insert(call)
      let sent = sd_bus_call_async(
        bus, nil, message.handle, { message, call, _ in BusLink.answered(message, call) },
        Unmanaged.passUnretained(call).toOpaque(), UInt64(method.patience?.microseconds ?? 0))
      guard sent < 0 else { return }
      pending.remove(call)
      answer(.failure(.unreached(SystemError.words(for: -sent))))
    } catch { answer(.failure(.unreached("\(error)"))) }
  }

  private static func answered(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let handle, let context else { return 0 }
    let call = Unmanaged<Pending>.fromOpaque(context).takeUnretainedValue()
    guard call.link.pending.remove(call) != nil else { return 0 }
    let message = BusMessage(borrowing: handle)
    guard let error = sd_bus_message_get_error(handle) else {
      call.answer(.success(message))
      return 0
    }
    let name = error.pointee.name.map { String(cString: $0) } ?? ""
    let sentence = error.pointee.message.map { String(cString: $0) } ?? name
    // sd-bus itself creates these errors if there is no answer.
    let isUnanswered = [
      "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
      "org.freedesktop.DBus.Error.Disconnected",
    ].contains(name)
    call.answer(.failure(isUnanswered ? .unanswered(sentence) : .refused(name: name, sentence: sentence)))
    return 0
  }

  // MARK: Signals

  private func match() throws(SystemError) {
    let manager = "type='signal',path='/org/freedesktop/systemd1',interface='org.freedesktop.systemd1.Manager'"
    for rule in [
      "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
        + "path_namespace='/org/freedesktop/systemd1/unit'",
      "\(manager),member='JobRemoved'", "\(manager),member='UnitRemoved'", "\(manager),member='Reloading'",
      "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.systemd1'",
    ] {
      let answer = sd_bus_add_match_async(
        bus, nil, rule, { message, link, _ in BusLink.signaled(message, link) }, nil,
        Unmanaged.passUnretained(self).toOpaque())
      try Self.check(answer, "listen to", "systemd")
    }
  }

  private static func signaled(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let handle, let context else { return 0 }
    Unmanaged<BusLink>.fromOpaque(context).takeUnretainedValue().signaled(BusMessage(borrowing: handle))
    return 0
  }

  private func signaled(_ message: BusMessage) {
    guard let member = sd_bus_message_get_member(message.handle).map({ String(cString: $0) }) else { return }
    switch member {
    case "PropertiesChanged":
      guard let unit = sd_bus_message_get_path(message.handle).flatMap({ UnitPath.unit(of: String(cString: $0)) }),
        UnitBus.isOurs(unit)
      else { return }
      message.skip("s")
      let reported = UnitState.Reported(of: message)
      report(.changed(unit) { $0.take(reported) })
    case "JobRemoved":
      message.skip("uo")
      if let unit = message.text(), UnitBus.isOurs(unit) { report(.over(unit)) }
    case "UnitRemoved":
      if let unit = message.text(), UnitBus.isOurs(unit) { report(.over(unit)) }
    case "Reloading": if message.number() == 0 { report(.loadedAnew) }
    case "NameOwnerChanged":
      message.skip("ss")
      if message.text()?.isEmpty == false { report(.replaced) }
    default: break
    }
  }

  private static func check(_ answer: Int32, _ operation: String, _ subject: String) throws(SystemError) {
    guard answer < 0 else { return }
    throw SystemError(code: -answer, operation: operation, subject: subject)
  }

  /// The path in the form of D-Bus addresses: all but a few characters as `%XX`.
  private static func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-_/.\\*".utf8.contains(byte)
      let hex = String(byte, radix: 16)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
    }.joined()
  }
}
