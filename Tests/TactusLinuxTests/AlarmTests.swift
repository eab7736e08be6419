import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import Testing

@Suite("Clocks and alarms")
struct AlarmTests {
  private let time = SystemTime()

  /// Waits for the first event.
  private func first<Event: Sendable>(_ stream: AsyncStream<Event>) async -> Event? {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next()
  }

  /// Creates a wall alarm that only reports when it fires: other programs may set the clock during a test.
  private func firing(
    on queue: DispatchWorkQueue, time: SystemTime = SystemTime(), handler: @escaping @Sendable (WallAlarmEvent) -> Void
  ) -> any WallAlarm {
    LinuxAlarms(time: time).wallAlarm(on: queue) { if $0 == .fired { handler($0) } }
  }

  @Test("The monotonic clock advances, and the wall clock has its offset")
  func clocks() {
    let before = time.monotonic
    #expect(time.monotonic >= before)
    let ahead = SystemTime(shift: ClockShift(offset: .seconds(3600)))
    #expect(abs((ahead.now - time.now).microseconds - 3_600_000_000) < 60_000_000)
  }

  @Test("A wall alarm fires at its instant, never before")
  func wall() async {
    let queue = DispatchWorkQueue(label: "test.wall", level: .worker)
    let (stream, continuation) = AsyncStream.makeStream(of: WallAlarmEvent.self)
    let alarm = firing(on: queue) { continuation.yield($0) }
    let due = time.now + .milliseconds(50)
    queue.post { alarm.arm(at: due) }
    #expect(await first(stream) == .fired)
    #expect(time.now >= due)
    withExtendedLifetime(alarm) {}
  }

  @Test("An instant in the past fires at once, also one before 1970", arguments: [Int64.min, -5, 0, 1])
  func past(microseconds: Int64) async {
    let queue = DispatchWorkQueue(label: "test.past", level: .worker)
    let (stream, continuation) = AsyncStream.makeStream(of: WallAlarmEvent.self)
    let alarm = firing(on: queue) { continuation.yield($0) }
    queue.post { alarm.arm(at: Instant(microseconds: microseconds)) }
    #expect(await first(stream) == .fired)
    withExtendedLifetime(alarm) {}
  }

  @Test("The alarm uses the same wall clock as the time source, including the offset")
  func offset() async {
    let queue = DispatchWorkQueue(label: "test.offset", level: .worker)
    let shifted = SystemTime(shift: ClockShift(offset: .seconds(-86_400)))
    let (stream, continuation) = AsyncStream.makeStream(of: Instant.self)
    let alarm = firing(on: queue, time: shifted) { _ in continuation.yield(shifted.now) }
    let due = shifted.now + .milliseconds(50)
    queue.post { alarm.arm(at: due) }
    let fired = await first(stream)
    #expect(fired.map { $0 >= due } == true)
    withExtendedLifetime(alarm) {}
  }

  @Test("Arming again replaces the instant, and nil fires nothing")
  func replaced() async {
    let queue = DispatchWorkQueue(label: "test.replaced", level: .worker)
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    let one = firing(on: queue) { _ in continuation.yield("replaced") }
    let disarmed = LinuxAlarms().monotonicAlarm(on: queue) { continuation.yield("disarmed") }
    let other = LinuxAlarms().monotonicAlarm(on: queue) { continuation.yield("other") }
    let now = (wall: time.now, monotonic: time.monotonic)
    queue.post {
      one.arm(at: now.wall + .milliseconds(20))
      one.arm(at: now.wall + .seconds(3600))
      disarmed.arm(at: now.monotonic + .milliseconds(20))
      disarmed.arm(at: nil)
      other.arm(at: now.monotonic + .milliseconds(80))
    }
    #expect(await first(stream) == "other")
    withExtendedLifetime((one, disarmed, other)) {}
  }

  @Test("Arming from another queue traps")
  func wrongQueue() async {
    await #expect(processExitsWith: .failure) {
      let queue = DispatchWorkQueue(label: "test.here", level: .worker)
      LinuxAlarms().wallAlarm(on: queue) { _ in }.arm(at: nil)
    }
  }

  @Test(
    "A clock step is reported, armed or not",
    .enabled(
      if: getenv("TACTUS_TEST_CLOCK") != nil,
      "moves the machine's clock by 1 ms and back: runs as root with TACTUS_TEST_CLOCK=1 only"))
  func clockSet() async {
    let queue = DispatchWorkQueue(label: "test.step", level: .worker)
    let (stream, continuation) = AsyncStream.makeStream(of: WallAlarmEvent.self)
    let alarm = LinuxAlarms().wallAlarm(on: queue) { continuation.yield($0) }
    for step in [1_000_000, -1_000_000] {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      now.tv_nsec += step
      if now.tv_nsec >= 1_000_000_000 { now = timespec(tv_sec: now.tv_sec + 1, tv_nsec: now.tv_nsec - 1_000_000_000) }
      if now.tv_nsec < 0 { now = timespec(tv_sec: now.tv_sec - 1, tv_nsec: now.tv_nsec + 1_000_000_000) }
      #expect(clock_settime(CLOCK_REALTIME, &now) == 0)
      #expect(await first(stream) == .clockSet)
    }
    withExtendedLifetime(alarm) {}
  }
}
