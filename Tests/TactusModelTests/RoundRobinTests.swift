import TactusModel
import Testing

@Suite("Round robin")
struct RoundRobinTests {
  @Test("A key with many items delays another by one item only, and each key gets its items in order")
  func fairness() {
    var line = RoundRobin<Int, String>()
    for item in ["a1", "a2", "a3"] { line.append(item, for: 1) }
    #expect(line.popNext() == "a1")
    line.append("b1", for: 2)
    line.append("b2", for: 2)
    var order: [String] = []
    while let next = line.popNext() { order.append(next) }
    #expect(order == ["a2", "b1", "a3", "b2"])
    line.append("c1", for: 3)
    #expect(line.popNext() == "c1")
    #expect(line.popNext() == nil)
  }
}
