internal import Dispatch
internal import TactusControl
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusTransport
internal import TactusUnitFile

/// What people and clients reach: the socket with the API, the reload of files, the examination.
struct Face: Sendable {
  let control: ControlServer
  /// The queue of the socket.
  let queue: DispatchWorkQueue
  /// The queue that reads the configuration.
  let files: DispatchWorkQueue
  let reloading: Reloading

  /// Creates the API and its server, which accepts nobody yet.
  init(_ ground: Ground, _ memory: Memory, _ hands: Hands, _ workers: Workers, providers: [Provider]) {
    let (authority, health) = (ground.authority, ground.health)
    files = DispatchWorkQueue(label: "tactus.files", level: .leaf)
    queue = DispatchWorkQueue(label: "tactus.control", level: .control, qos: .background)
    reloading = Reloading(ground, memory, hands, workers, files: files, providers: providers)
    let examination = Examination(ground, memory, hands, files: files)
    let api = ControlAPI(
      planning: workers.scheduling, readers: memory.readers, feed: memory.feed,
      surroundings: Surroundings(
        files: reloading, condition: health, providers: hands.containers.report, diagnoses: examination.run,
        holders: authority.holders),
      identity: Identity(
        version: Product.version, process: OwnProcess.id, startedAt: ground.time.now, bootID: ground.bootID),
      queues: ground.queues, submitRate: ground.settings.submitRate, time: ground.time)
    control = ControlServer(
      on: queue, time: ground.time, alarms: ground.alarms, handler: Reception(authority: authority, api: api),
      admits: { authority.right(of: $0) != nil },
      report: { error in
        health.report(JournalEntry(.connectionsLimited, "no new connections are accepted for a moment: \(error)"))
      })
  }
}
