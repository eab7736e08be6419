import CSystemd
import Glibc
public import TactusLinux
import TactusModel
public import TactusPorts

/// A connection to systemd that starts, watches and stops transient units.
///
/// It connects again, with a back-off, whenever the connection ends, and reports that, so that the owner of units looks
/// up their state. Every call is answered once, on the queue. Source: sd-bus(3), org.freedesktop.systemd1(5).
public actor UnitBus: QueueConfined {
  /// `tactus.units`, a leaf.
  public nonisolated let queue: any WorkQueue

  /// An address of systemd.
  public enum Address: Hashable, Sendable {
    /// A socket of the manager itself: needs no dbus-daemon, and accepts only root and the manager's own user.
    case manager(String)
    /// The system bus, where polkit decides what a caller may do.
    case system
  }

  /// A change that the bus reports.
  public enum News: Sendable {
    /// The bus is connected, or systemd was reloaded: signals may have been missed.
    case connected
    /// The connection has ended or failed, for this reason.
    case lost(String)
    /// Properties of a unit have changed; the closure applies only those.
    case changed(unit: String, apply: @Sendable (inout UnitState) -> Void)
    /// The start of a unit, or the unit itself, has ended.
    case looked(unit: String)
  }

  /// The address of systemd.
  public nonisolated let address: Address

  private let workQueue: DispatchWorkQueue
  private let time: any TimeSource
  private let alarms: any AlarmSource
  private var report: @Sendable (News) -> Void = { _ in }
  private var poller: Poller?
  private var alarm: (any MonotonicAlarm)?
  private var link: BusLink?
  private var isConnected = false
  private var isClosed = false
  private var failures = 0
  private var reconnectAt: MonotonicInstant?

  /// Whether a unit has a name of this program.
  static func isOurs(_ unit: String) -> Bool { unit.hasPrefix("tactus-") && unit.hasSuffix(".service") }

  /// Creates a bus that is not connected.
  public init(
    queue: DispatchWorkQueue, address: Address, time: any TimeSource, alarms: any AlarmSource
  ) {
    self.queue = queue
    workQueue = queue
    self.address = address
    self.time = time
    self.alarms = alarms
  }

  /// Connects, and stays connected; news are reported on the queue.
  public nonisolated func open(news: @escaping @Sendable (News) -> Void) {
    post { bus in
      bus.report = news
      bus.begin()
    }
  }

  /// Ends the connection; nothing is reported any more.
  public nonisolated func close() {
    call { bus in
      bus.isClosed = true
      bus.alarm?.arm(at: nil)
      bus.drop()
      bus.poller?.cancel()
    }
  }

  // MARK: Calls

  /// Starts a unit; the answer arrives when systemd has accepted the start.
  ///
  /// This closes the descriptors among the properties.
  public nonisolated func start(
    _ unit: String, _ properties: [UnitProperty], answer: @escaping @Sendable (Result<Void, BusFailure>) -> Void
  ) {
    post { bus in
      defer {
        for property in properties { if case .descriptor(let own) = property.value { Descriptor.close(own) } }
      }
      // Without a time-out, because the unit may be started nevertheless: systemd may have to wait for polkit before it
      // answers.
      bus.ask(BusMethod(name: "StartTransientUnit", patience: .seconds(366 * 86_400))) { message in
        message.write(unit)
        message.write("fail")
        message.array("(sv)") { for property in properties { message.write(property) } }
        message.array("(sa(sv))") {}
      } answer: {
        answer($0.map { _ in })
      }
    }
  }

  /// Asks for the state of a unit, which also shows whether the unit exists.
  /// - Parameter patience: how long the answer may take; nil for the library's default.
  public nonisolated func state(
    of unit: String, within patience: Duration? = nil,
    answer: @escaping @Sendable (Result<UnitState, BusFailure>) -> Void
  ) {
    post { bus in
      let method = BusMethod(
        path: UnitPath.of(unit), interface: "org.freedesktop.DBus.Properties", name: "GetAll", patience: patience)
      // The empty name asks for the properties of all interfaces.
      bus.ask(method) {
        $0.write("")
      } answer: { result in
        answer(
          result.map { message in
            var state = UnitState()
            state.take(UnitState.Reported(of: message))
            return state
          })
      }
    }
  }

  /// Stops a unit with all its processes.
  public nonisolated func stop(_ unit: String, answer: @escaping @Sendable (Result<Void, BusFailure>) -> Void) {
    post { bus in
      bus.ask(BusMethod(name: "StopUnit")) { message in
        message.write(unit)
        message.write("replace")
      } answer: {
        answer($0.map { _ in })
      }
    }
  }

  /// Sends a signal to all processes of a unit.
  public nonisolated func kill(
    _ unit: String, with signal: Signal, answer: @escaping @Sendable (Result<Void, BusFailure>) -> Void
  ) {
    post { bus in
      bus.ask(BusMethod(name: "KillUnit")) { message in
        message.write(unit)
        message.write("all")
        message.write(signal.number)
      } answer: {
        answer($0.map { _ in })
      }
    }
  }

  /// Makes systemd forget a failed unit.
  public nonisolated func resetFailed(
    _ unit: String, answer: @escaping @Sendable (Result<Void, BusFailure>) -> Void
  ) {
    post { bus in
      bus.ask(BusMethod(name: "ResetFailedUnit")) {
        $0.write(unit)
      } answer: {
        answer($0.map { _ in })
      }
    }
  }

  /// Asks for the names of the loaded units that match a shell pattern.
  public nonisolated func units(
    matching pattern: String, answer: @escaping @Sendable (Result<[String], BusFailure>) -> Void
  ) {
    post { bus in
      bus.ask(BusMethod(name: "ListUnitsByPatterns")) { message in
        message.write([String]())
        message.write([pattern])
      } answer: { result in
        answer(
          result.map { message in
            var names: [String] = []
            _ = message.enter(CChar.array, "(ssssssouso)") {
              while message.enter(
                CChar.structure, "ssssssouso",
                {
                  if let name = message.text() { names.append(name) }
                  message.skip("sssssouso")
                })
              {}
            }
            return names
          })
      }
    }
  }

  /// Asks whether this process may start units.
  ///
  /// On the system bus polkit decides, without asking a user.
  public nonisolated func mayStartUnits(answer: @escaping @Sendable (UnitRight) -> Void) {
    post { bus in
      guard bus.isConnected, let link = bus.link else { return answer(.unreached(bus.lastReason)) }
      // The manager's own socket accepts only callers that may do everything.
      guard bus.address == .system, geteuid() != 0 else { return answer(.granted) }
      // Shorter than the library's 25 s, because a reload waits for this.
      let method = BusMethod(
        service: "org.freedesktop.PolicyKit1", path: "/org/freedesktop/PolicyKit1/Authority",
        interface: "org.freedesktop.PolicyKit1.Authority", name: "CheckAuthorization", patience: .seconds(5))
      bus.ask(method) { message in
        message.structure("sa{sv}") {
          message.write("system-bus-name")
          message.array("{sv}") {
            message.entry("sv") {
              message.write("name")
              message.variant("s") { message.write(link.uniqueName) }
            }
          }
        }
        message.write("org.freedesktop.systemd1.manage-units")
        message.array("{ss}") {}
        message.write(bits: 0)
        message.write("")
      } answer: { result in
        switch result {
        case .failure(let failure): answer(.undecided(failure.reason))
        case .success(let message):
          var isAuthorized = false
          _ = message.enter(CChar.structure, "bba{ss}") {
            isAuthorized = message.number() == 1
            message.skip("ba{ss}")
          }
          answer(isAuthorized ? .granted : .denied)
        }
      }
    }
  }

  private func ask(
    _ method: BusMethod, write: (BusMessage) -> Void,
    answer: @escaping (Result<BusMessage, BusFailure>) -> Void
  ) {
    guard isConnected, let link else { return answer(.failure(.unreached(lastReason))) }
    link.ask(method, write: write, answer: answer)
    update()
  }

  // MARK: Connection

  private var lastReason = "it is not connected"

  private func begin() {
    alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.assumeIsolated { $0.wake() } }
    connect()
  }

  private func connect() {
    reconnectAt = nil
    do {
      let poller = try poller ?? Poller(on: workQueue) { [weak self] in self?.assumeIsolated { $0.ready() } }
      self.poller = poller
      let link = try BusLink(to: address, poller: poller) { [weak self] news in self?.heard(news) }
      self.link = link
      link.ask(BusMethod(name: "Subscribe"), write: { _ in }) { [weak self] result in
        let failure: BusFailure? = if case .failure(let failure) = result { failure } else { nil }
        self?.assumeIsolated { bus in
          // Without the subscription systemd sends no signals, so changes of units would be missed.
          if let failure { return bus.lost("\(failure)") }
          bus.isConnected = true
          bus.failures = 0
          bus.report(.connected)
        }
      }
      update()
    } catch { lost("\(error)") }
  }

  private nonisolated func heard(_ news: BusLink.Signal) {
    assumeIsolated { bus in
      switch news {
      case .changed(let unit, let apply): bus.report(.changed(unit: unit, apply: apply))
      case .over(let unit): bus.report(.looked(unit: unit))
      case .loadedAnew: if bus.isConnected { bus.report(.connected) }
      case .replaced: bus.isToReconnect = true
      }
    }
  }

  /// Whether another systemd process answers than the one with the subscription.
  private var isToReconnect = false

  private func ready() {
    // The events do not matter, because sd-bus examines its descriptor itself.
    poller?.drain { _, _ in }
    process()
  }

  private func process() {
    guard let link else { return }
    if let reason = link.process() { return lost(reason) }
    if isToReconnect {
      isToReconnect = false
      return lost("systemd was restarted")
    }
    update()
  }

  private func wake() {
    let now = time.monotonic
    if let reconnectAt, reconnectAt <= now { return connect() }
    process()
  }

  /// Watches the events and the timeout of the connection.
  private func update() {
    guard let link else { return arm() }
    link.watch()
    arm()
  }

  private func arm() {
    let timeout = link?.timeout
    alarm?.arm(at: [reconnectAt, timeout].compactMap(\.self).min())
  }

  private func lost(_ reason: String) {
    guard !isClosed else { return }
    lastReason = reason
    drop()
    failures += 1
    // 100 ms, twice as long each time, at most 6.4 s.
    reconnectAt = time.monotonic + .milliseconds(100 << Int64(min(failures - 1, 6)))
    report(.lost(reason))
    arm()
  }

  private func drop() {
    isConnected = false
    let link = link
    self.link = nil
    link?.close(lastReason)
  }
}

/// The names of units on the bus.
enum UnitPath {
  private static let root = "/org/freedesktop/systemd1/unit"

  /// The object path of a unit.
  static func of(_ unit: String) -> String {
    var path: UnsafeMutablePointer<CChar>?
    guard sd_bus_path_encode(root, unit, &path) >= 0, let path else { fatalError("no path for the unit \(unit)") }
    defer { free(path) }
    return String(cString: path)
  }

  /// The unit of an object path; nil if the object is not a unit.
  static func unit(of path: String) -> String? {
    var name: UnsafeMutablePointer<CChar>?
    guard sd_bus_path_decode(path, root, &name) > 0, let name else { return nil }
    defer { free(name) }
    return String(cString: name)
  }
}
