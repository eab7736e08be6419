import TactusLinux
import TactusPorts
import Testing

private actor Counter: QueueConfined {
  nonisolated let queue: any WorkQueue
  private(set) var values: [Int] = []

  init(level: QueueLevel) {
    queue = DispatchWorkQueue(label: "test.counter.\(level)", level: level)
  }

  func add(_ value: Int) { values.append(value) }
}

@Suite("DispatchWorkQueue")
struct WorkQueueTests {
  @Test("Posted bodies run in order, and a call runs after them")
  func order() {
    let counter = Counter(level: .leaf)
    for value in 0..<1000 { counter.post { $0.add(value) } }
    #expect(counter.call { $0.values } == Array(0..<1000))
  }

  @Test("Async methods of the actor run on the same queue")
  func executor() async {
    let counter = Counter(level: .leaf)
    await counter.add(7)
    #expect(counter.call { $0.values } == [7])
  }

  @Test("A worker may wait for a store, and a store for a leaf")
  func waitingDown() {
    let (worker, store, leaf) = (Counter(level: .worker), Counter(level: .store), Counter(level: .leaf))
    let values = worker.call { _ in
      store.call { _ in
        leaf.call { leaf in
          leaf.add(1)
          return leaf.values
        }
      }
    }
    #expect(values == [1])
  }

  @Test("Waiting for the same level traps")
  func waitingAcross() async {
    await #expect(processExitsWith: .failure) {
      let (one, other) = (Counter(level: .worker), Counter(level: .worker))
      one.call { _ in other.call { $0.add(1) } }
    }
  }

  @Test("Waiting upwards traps, also from inside a call")
  func waitingUp() async {
    await #expect(processExitsWith: .failure) {
      let (worker, store) = (Counter(level: .worker), Counter(level: .store))
      worker.call { _ in store.call { _ in worker.call { $0.add(1) } } }
    }
  }

  @Test("Entering an actor from another queue traps")
  func wrongQueue() async {
    await #expect(processExitsWith: .failure) {
      let intrude = { (counter: Counter) in counter.assumeIsolated { $0.add(1) } }
      intrude(Counter(level: .leaf))
    }
  }
}
