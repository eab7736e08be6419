internal import Dispatch
internal import TactusControl
internal import TactusLinux
internal import TactusPorts
internal import TactusStore
internal import TactusUnitFile

/// What the daemon keeps on the disk, and those who read it: the ledger, the output of jobs, the events.
struct Memory: Sendable {
  let store: Store
  /// Readers of the ledger: the first for quick queries, the second for slow ones.
  private let archive, slow: Archive
  /// The same readers, which refuse while the disk is silent.
  let patient: PatientReaders
  let feed: EventFeed
  let output: OutputStore

  /// Opens the files; a start may have to check or upgrade them first, which takes as long as it takes.
  ///
  /// - Throws: ``StoreError`` for `tactus.db`, ``StartFailure`` for `logs.db`.
  init(_ ground: Ground) throws {
    let (directories, disks, health, queues) = (ground.directories, ground.disks, ground.health, ground.queues)
    let ids = JobIDSource()
    store = try Store(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.store", level: .store), queues: queues,
      now: ground.time.now, eventsKeep: ground.settings.eventsKeep,
      health: { health.note(store: $0.map { StoreTrouble($0) }) }, unreadable: { health.note(unreadable: $0) },
      watching: [directories.lock], disk: disks.store.note, makeID: { ids.make(at: $0) })
    store.open(alarms: ground.alarms, time: ground.time)
    archive = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.1", level: .leaf, qos: .background),
      queues: queues, unreadable: { health.note(unreadable: $0) }, disk: disks.quick.note)
    slow = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.2", level: .leaf, qos: .background),
      queues: queues, unreadable: { health.note(unreadable: $0) }, disk: disks.slow.note)
    patient = PatientReaders(quick: archive, slow: slow, disks: disks)
    disks.onChange { health.note(diskIsSilent: $0) }
    feed = EventFeed(queue: DispatchWorkQueue(label: "tactus.events", level: .leaf, qos: .background), archive: archive)
    do {
      output = try OutputStore(
        file: directories.output, storeID: store.storeID, queue: DispatchWorkQueue(label: "tactus.logs", level: .leaf),
        time: ground.time, alarms: ground.alarms, unreadable: { health.note(unreadable: $0) },
        health: { health.note(output: $0) }, disk: disks.output.note)
    } catch let error as StoreError {
      throw StartFailure(
        "\(directories.output) cannot be used: \(error.message). It was not changed. Move it away to start anew")
    }
  }

  /// The readers that the API needs.
  var readers: Readers {
    Readers(archive: archive, quick: patient.quick, slow: patient.slow, output: output)
  }

  /// Reports each new event to the feed and to the status line, after its commit.
  func publish(to statusLine: StatusLine?) {
    store.post { [feed] store in
      store.publish { newest in
        feed.advance(to: newest)
        statusLine?.noteChange()
      }
    }
  }

  /// Closes the stores; later writes are refused.
  func close() {
    store.call { $0.close() }
    output.call { $0.close() }
  }

  /// Closes the readers.
  func closeReaders() {
    archive.call { $0.close() }
    slow.call { $0.close() }
  }
}
