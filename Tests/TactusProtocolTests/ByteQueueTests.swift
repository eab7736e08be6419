import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusProtocol

@Suite("Byte queues")
struct ByteQueueTests {
  @Test("Bytes are returned in the order in which they were added, in little more memory than they need")
  func order() {
    var generator = SeededGenerator(seed: 7)
    var queue = ByteQueue()
    var expected: [UInt8] = []
    var next: UInt8 = 0
    for _ in 0..<3000 {
      let piece = (0..<Int.random(in: 0...3000, using: &generator)).map { _ in
        next &+= 1
        return next
      }
      queue.append(piece)
      expected += piece
      let number = Int.random(in: 0...min(expected.count, 3000), using: &generator)
      #expect(queue.contents.prefix(number).elementsEqual(expected.prefix(number)))
      queue.removeFirst(number)
      expected.removeFirst(number)
      #expect(queue.count == expected.count && queue.isEmpty == expected.isEmpty)
      #expect(queue.capacity <= 2 * queue.count + 130 << 10)
    }
    #expect(queue.contents.elementsEqual(expected))
    queue.removeFirst(queue.count)
    #expect(queue.capacity == 0)
  }

  @Test("A mebibyte that arrives in pieces uses a mebibyte of memory, and none after it was taken")
  func growth() {
    var queue = ByteQueue()
    for _ in 0..<1024 { queue.append([UInt8](repeating: 1, count: 1024)) }
    #expect(queue.count == 1 << 20 && queue.capacity < 1 << 20 + 64 << 10)
    queue.removeFirst(1 << 20 - 10)
    #expect(queue.count == 10 && queue.capacity < 64 << 10)
    queue.clear()
    #expect(queue.isEmpty && queue.capacity == 0)
  }
}
