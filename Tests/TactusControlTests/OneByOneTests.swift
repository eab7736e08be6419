import Foundation
import Synchronization
import TactusTestSupport
import Testing

@testable import TactusControl

@Suite("Sequential work")
struct OneByOneTests {
  @Test("A hundred thousand immediate answers need no more stack than one")
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

  @Test("A hundred thousand immediate reads need no more stack than one")
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

  @Test("Answers from other threads keep the order of the elements, and the matching one is the last")
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

  @Test("An empty list ends at once")
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

  /// Runs the body on a thread with a stack of 256 KiB, and returns the value that it passes to `done`.
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
