internal import TactusExecutor
internal import TactusLinux
internal import TactusPorts
internal import TactusScheduler
internal import TactusUnitFile

/// The two workers that move jobs: one decides when they are released, the other runs them.
struct Workers: Sendable {
  let scheduling: SchedulingWorker
  let execution: ExecutionWorker

  /// Creates the workers, which are idle until they are opened.
  init(_ ground: Ground, _ memory: Memory, _ hands: Hands) {
    scheduling = SchedulingWorker(
      queue: DispatchWorkQueue(label: "tactus.scheduling", level: .worker), ledger: memory.store, time: ground.time,
      journal: ground.health)
    execution = ExecutionWorker(
      queue: DispatchWorkQueue(label: "tactus.execution", level: .worker), ledger: memory.store, time: ground.time,
      scheduling: scheduling, journal: ground.health, runners: hands.runners, queues: ground.queues,
      bootID: ground.bootID, dispatchTimeout: ground.settings.dispatchTimeout,
      reader: StoredDefinitions(queues: Set(ground.queues.all.keys)), labeling: hands.copy)
  }

  /// Lets both examine their queues, because limits have changed.
  func examineQueues() {
    execution.examineQueues()
    scheduling.examineQueues()
  }
}
