import Foundation
import Synchronization
import TactusTestSupport
import Testing

@testable import TactusDaemon

@Suite("One after the other")
struct OneByOneTests {
  @Test("A hundred thousand answers that come at once need no more stack than one")
  func stack() async throws {
    let values: [Int] = try await Self.onSmallStack { done in
      OneByOne.begin(Array(0..<100_000)) { number, answer in
        answer(number)
      } end: {
        done($0)
      }
    }
    #expect(values == Array(0..<100_000))
  }

  @Test("A hundred thousand reads that are over at once need no more stack than one")
  func turns() async throws {
    let count: Int = try await Self.onSmallStack { done in
      let turns = Turns()
      let begun = Mutex(0)
      let first = Mutex<(@Sendable () -> Void)?>(nil)
      turns.take(for: 1) { over in first.withLock { $0 = over } }
      for _ in 0..<100_000 {
        turns.take(for: 1) { over in
          begun.withLock { $0 += 1 }
          over()
        }
      }
      first.withLock { $0 }?()
      done(begun.withLock { $0 })
    }
    #expect(count == 100_000)
  }

  @Test("Answers from other threads come in the order of the elements, and the last one ends it")
  func threads() async throws {
    let asked = Mutex<[Int]>([])
    let values = await withCheckedContinuation { continuation in
      OneByOne.begin(Array(0..<1000)) { number, answer in
        asked.withLock { $0.append(number) }
        if number % 3 == 0 { answer(number) } else { DispatchQueue.global().async { answer(number) } }
      } until: {
        $0 == 700
      } end: {
        continuation.resume(returning: $0)
      }
    }
    #expect(values == Array(0...700))
    #expect(asked.withLock { $0 } == values)
  }

  @Test("Nothing to do is done at once")
  func nothing() async {
    let values = await withCheckedContinuation { continuation in
      OneByOne.begin([Int]()) { number, answer in
        answer(number)
      } end: {
        continuation.resume(returning: $0)
      }
    }
    #expect(values.isEmpty)
  }

  /// Runs the body on a thread with 256 KiB of stack, and returns what it is done with.
  private static func onSmallStack<Value: Sendable>(
    _ body: @escaping @Sendable (_ done: @escaping @Sendable (Value) -> Void) -> Void
  ) async throws -> Value {
    await withCheckedContinuation { continuation in
      let thread = Thread { body { continuation.resume(returning: $0) } }
      thread.stackSize = 256 << 10
      thread.start()
    }
  }
}
