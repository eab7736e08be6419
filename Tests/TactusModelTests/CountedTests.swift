import TactusModel
import Testing

@Suite("Counted things")
struct CountedTests {
  @Test("One has the singular, all other numbers the plural")
  func several() {
    #expect(0.counted("job") == "0 jobs" && 1.counted("job") == "1 job" && 2.counted("job") == "2 jobs")
    #expect((1 as Int64).counted("was", "were") == "1 was" && 3.counted("was", "were") == "3 were")
  }
}
