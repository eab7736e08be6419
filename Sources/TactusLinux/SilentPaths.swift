import Synchronization
public import TactusModel
public import TactusPorts

/// The paths that do not answer: each is asked once, and by nobody else as long as that call is under way.
///
/// So a path costs one thread, however many jobs name it, and a remote mount with all its paths no more than
/// `Limits.errandsOfMount`. Any thread.
public final class SilentPaths: Sendable {
  /// One of them.
  public struct Silence: Hashable, Sendable {
    /// The path.
    public var path: String
    /// Where it is named: `Exec=/mnt/x of workflow nightly`, `workflows/nightly.workflow`.
    public var use: String
    /// When it was asked.
    public var since: Instant
  }

  /// What changed.
  public enum News: Hashable, Sendable {
    /// It did not answer in time.
    case silent(Silence)
    /// It has answered, or has failed.
    case answered(Silence)
  }

  private let time: any TimeSource
  private let mounts = MountTable()
  private let state = Mutex(State())

  private struct State {
    var entries: [String: Entry] = [:]
    var heard: (@Sendable (News) -> Void)?
  }

  private struct Entry {
    var silence: Silence
    /// Calls that have not returned.
    var calls: Int
    /// The remote mount that it lies on; nil if it lies on none.
    var mount: String?
  }

  /// An empty list.
  public init(time: any TimeSource) { self.time = time }

  /// Calls the body once for each change, on any thread; at once for those that are silent already.
  public func onChange(_ body: @escaping @Sendable (News) -> Void) {
    state.withLock { $0.heard = body }
    for silence in all { body(.silent(silence)) }
  }

  /// For a path that has just been given up: `no answer within 2 s`.
  public static func words(within span: Duration) -> String { "no answer \(self.span(span))" }

  /// `within 2 s`.
  public static func span(_ span: Duration) -> String { "within \(max(1, (span.milliseconds + 500) / 1000)) s" }

  /// For a path that was given up before: `no answer since 2026-12-01T03:00:00Z`.
  public static func words(since instant: Instant) -> String {
    "no answer since \(instant.description.prefix { $0 != "." })Z"
  }

  /// All, those that have been silent for the longest time first.
  public var all: [Silence] {
    state.withLock { $0.entries.values.map(\.silence) }.sorted { ($0.since, $0.path) < ($1.since, $1.path) }
  }

  /// Since when a path is silent; nil if it is not known to be.
  ///
  /// Of a remote mount some silent calls speak for all paths.
  public func since(_ path: String) -> Instant? {
    guard state.withLock({ !$0.entries.isEmpty }) else { return nil }
    let mount = mounts.remoteMount(of: path)
    return state.withLock { state in
      if let entry = state.entries[path] { return entry.silence.since }
      guard let mount else { return nil }
      let others = state.entries.values.filter { $0.mount == mount }
      // Calls, not paths: several may wait for one, and then no other call on the mount can begin.
      let calls = others.reduce(0) { $0 + $1.calls }
      return calls < Limits.errandsOfMount ? nil : others.map(\.silence.since).min()
    }
  }

  /// The remote mount that the first of some paths to do so lies on: a lane of ``Errands``.
  public func lane(of paths: [String]) -> String? { paths.lazy.compactMap { self.mounts.remoteMount(of: $0) }.first }

  /// A call was given up; ``returned(_:)`` follows when it returns.
  /// - Parameter waited: how long it has been under way.
  public func note(_ path: String, use: String, after waited: Duration) {
    let silence = Silence(path: path, use: use, since: time.now - waited)
    let entry = Entry(silence: silence, calls: 0, mount: mounts.remoteMount(of: path))
    let heard = state.withLock { state in
      state.entries[path, default: entry].calls += 1
      return state.entries[path]?.calls == 1 ? state.heard : nil
    }
    heard?(.silent(silence))
  }

  /// A call that was given up has returned.
  public func returned(_ path: String) {
    let (last, heard) = state.withLock { state -> (Silence?, (@Sendable (News) -> Void)?) in
      guard var entry = state.entries[path] else { fatalError("a call returned that was not given up: \(path)") }
      entry.calls -= 1
      state.entries[path] = entry.calls > 0 ? entry : nil
      return (entry.calls > 0 ? nil : entry.silence, state.heard)
    }
    if let last { heard?(.answered(last)) }
  }
}
