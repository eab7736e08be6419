import Synchronization
public import TactusModel
public import TactusPorts

/// The paths that do not answer.
///
/// Each is asked once, and not again while that call is running.
///
/// So a path costs one thread, however many jobs name it. A remote mount with all its paths costs at most
/// `Limits.errandsOfMount`. Any thread.
public final class SilentPaths: Sendable {
  /// A path that does not answer.
  public struct Silence: Hashable, Sendable {
    /// The path.
    public var path: String
    /// Where the path is named: `Exec=/mnt/x of workflow nightly`, `workflows/nightly.workflow`.
    public var use: String
    /// When it was asked.
    public var since: Instant
  }

  /// A change of a path.
  public enum News: Hashable, Sendable {
    /// It did not answer in time.
    case silent(Silence)
    /// It answered or failed.
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
    /// How many calls have not returned.
    var calls: Int
    /// The remote mount that it is on; nil if it is on a local one.
    var mount: String?
  }

  /// Creates an empty list.
  public init(time: any TimeSource) { self.time = time }

  /// Calls the body once for each change, on any thread.
  ///
  /// Paths that are already silent are reported at once.
  public func onChange(_ body: @escaping @Sendable (News) -> Void) {
    state.withLock { $0.heard = body }
    for silence in all { body(.silent(silence)) }
  }

  /// Where a path is named, in the same words for every caller: `Exec=/mnt/x of workflow nightly`.
  ///
  /// - Parameter key: the text before the path: `Exec=`, `LoadCredential=key:`.
  public static func use(_ key: String, _ path: String, of workflow: WorkflowName?) -> String {
    "\(key)\(path)\(owner(workflow))"
  }

  /// The end of such a text: ` of workflow nightly`; empty for a job without a workflow.
  public static func owner(_ workflow: WorkflowName?) -> String { workflow.map { " of workflow \($0)" } ?? "" }

  /// The message for a path that was given up just now: `no answer within 2 s`.
  public static func words(within span: Duration) -> String { "no answer \(self.span(span))" }

  /// A time limit: `within 2 s`.
  public static func span(_ span: Duration) -> String { "within \(max(1, (span.milliseconds + 500) / 1000)) s" }

  /// The message for a path that was given up earlier: `no answer since 2026-12-01T03:00:00Z`.
  public static func words(since instant: Instant) -> String {
    "no answer since \(instant.description.prefix { $0 != "." })Z"
  }

  /// All silent paths, longest silence first.
  public var all: [Silence] {
    state.withLock { $0.entries.values.map(\.silence) }.sorted { ($0.since, $0.path) < ($1.since, $1.path) }
  }

  /// When a path became silent; nil if it is not known to be.
  ///
  /// If enough calls on a remote mount are silent, all its paths count as silent.
  public func since(_ path: String) -> Instant? {
    guard state.withLock({ !$0.entries.isEmpty }) else { return nil }
    let mount = mounts.remoteMount(of: path)
    return state.withLock { state in
      if let entry = state.entries[path] { return entry.silence.since }
      guard let mount else { return nil }
      let others = state.entries.values.filter { $0.mount == mount }
      // Calls are counted, not paths: several may wait for one path, and no other call on the mount can then begin.
      let calls = others.reduce(0) { $0 + $1.calls }
      return calls < Limits.errandsOfMount ? nil : others.map(\.silence.since).min()
    }
  }

  /// The first remote mount that one of the paths is on, which is a lane of ``Errands``; nil if all are on local ones.
  public func lane(of paths: [String]) -> String? { paths.lazy.compactMap { self.mounts.remoteMount(of: $0) }.first }

  /// Notes a call that was given up.
  ///
  /// ``returned(_:)`` follows when it returns.
  ///
  /// - Parameter waited: how long it has been running.
  public func note(_ path: String, use: String, after waited: Duration) {
    let silence = Silence(path: path, use: use, since: time.now - waited)
    let entry = Entry(silence: silence, calls: 0, mount: mounts.remoteMount(of: path))
    let heard = state.withLock { state in
      state.entries[path, default: entry].calls += 1
      return state.entries[path]?.calls == 1 ? state.heard : nil
    }
    heard?(.silent(silence))
  }

  /// Notes that a call that was given up has returned.
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
