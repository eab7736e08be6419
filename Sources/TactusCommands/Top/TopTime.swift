import TactusModel

/// Formats times for `top`; each function documents how often its result changes, to avoid needless redrawing.
struct TopTime {
  let now: Instant
  /// The offset of local time from UTC.
  let zoneOffset: Duration

  private static let minute: Int64 = 60_000_000

  /// Formats the time as `03:12:05`, or with the date for another day; never changes on the same day.
  func clock(_ instant: Instant) -> String {
    let (text, today) = ((instant + zoneOffset).description, (now + zoneOffset).description)
    let (date, time) = (text.prefix(10), text.dropFirst(11).prefix(8))
    return date == today.prefix(10) ? String(time) : "\(date.dropFirst(5)) \(time.prefix(5))"
  }

  /// Formats elapsed time as `0:12`, `1:02:03` or `3 d 04:05`; changes every second.
  func elapsed(since instant: Instant?) -> String {
    guard let instant else { return "-" }
    let seconds = max(0, (now - instant).microseconds) / 1_000_000
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if days > 0 { return "\(days) d \(two(hours)):\(two(minutes))" }
    return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":\(two(seconds % 60))"
  }

  /// Formats an age as `2 h 3 min` or `<1 min`; changes every minute.
  func age(of instant: Instant) -> String {
    let age = (now - instant).microseconds
    return age < Self.minute ? "<1 min" : Readable.span(.microseconds(age / Self.minute * Self.minute))
  }

  /// Formats a distance as `in 2 h`, `in <1 min` or `now`; changes at most every minute.
  func distance(to instant: Instant) -> String {
    let distance = (instant - now).microseconds
    if distance <= 0 { return "now" }
    return distance < Self.minute ? "in <1 min" : Readable.distance(of: instant, from: now)
  }

  /// Returns how long the minutes of an age or a distance stay the same.
  func constancy(of instant: Instant) -> Duration {
    let distance = (instant - now).microseconds
    if distance >= Self.minute { return .microseconds(distance % Self.minute + 1) }
    if distance > 0 { return .microseconds(distance) }
    return .microseconds(Self.minute - -distance % Self.minute)
  }
}
