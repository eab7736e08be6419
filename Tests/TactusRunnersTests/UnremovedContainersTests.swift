import TactusModel
import Testing

@testable import TactusRunners

@Suite("Containers whose removal failed")
struct UnremovedContainersTests {
  @Test("A thousand names of containers are kept until they are removed, and no more")
  func bounded() {
    var unremoved = UnremovedContainers()
    for number in 0..<Limits.unremovedContainers { unremoved.note("a\(number)", isRemoved: false) }
    unremoved.note("b", isRemoved: false)
    #expect(!unremoved.contains("b"))
    unremoved.note("a0", isRemoved: true)
    unremoved.note("b", isRemoved: false)
    #expect(unremoved.contains("b") && !unremoved.contains("a0") && unremoved.first == "a1")
  }
}
