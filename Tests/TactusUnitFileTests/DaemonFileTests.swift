import TactusModel
import TactusUnitFile
import Testing

/// `tactusd.conf` and its drop-ins.
struct DaemonFileTests {
  private func read(
    _ text: String, over earlier: DaemonSettings = DaemonSettings()
  )
    -> Result<DaemonSettings, UnitFileProblems>
  {
    DaemonFile.read(Array(text.utf8), file: "tactusd.conf", over: earlier)
  }

  @Test("By default jobs get 30 s to end, and the control group is detected")
  func defaults() throws {
    #expect(try read("").get() == DaemonSettings(stopTimeout: .seconds(30), cgroupRoot: nil))
  }

  @Test("A later file overrides single keys, and an empty value restores the default")
  func dropIns() throws {
    let first = try read("[Manager]\nStopTimeout=5s\nCgroupRoot=/sys/fs/cgroup/tactus\n").get()
    #expect(first == DaemonSettings(stopTimeout: .seconds(5), cgroupRoot: "/sys/fs/cgroup/tactus"))
    let second = try read("[Manager]\nStopTimeout=0\n", over: first).get()
    #expect(second == DaemonSettings(stopTimeout: .zero, cgroupRoot: "/sys/fs/cgroup/tactus"))
    #expect(try read("[Manager]\nStopTimeout=1d\n").get().stopTimeout == .seconds(86_400))
    #expect(first.journalOutput)
    #expect(try read("[Manager]\nJournalOutput=no\n").get().journalOutput == false)
    let third = try read("[Manager]\nStopTimeout=\nCgroupRoot=\n", over: second).get()
    #expect(third == DaemonSettings())
  }

  @Test(
    "A bad key or value in a file of the daemon is refused with its line and the reason",
    arguments: [
      ("StopTimeout=infinity", "is outside the range from 0 to 1d"), ("StopTimeout=25h", "is outside the range"),
      ("CgroupRoot=tactus", "is not an absolute path"), ("CgroupRoot=/sys/../etc", "contains . or .."),
      ("Instance=shared", "is not valid. Use one of: system private"),
      ("AdminGroup=0day", "is not the name of a group"),
      ("AdminGroup=a b", "is not the name of a group"),
      ("JobUser=0", "is not the name of an account. Write a name such as tactus-job"),
      ("JobUser=a b", "is neither the name nor the number of an account"),
      ("ReadGroup=\(String(repeating: "a", count: 33))", "is not the name"),
      ("DispatchTimeout=500ms", "is outside the range from 1s to 7d"), ("DispatchTimeout=8d", "is outside the range"),
      ("JournalOutput=both", "is not a boolean. Write yes or no"),
      ("EventsKeep=59s", "is neither a span from 1min to 366d nor infinity"),
      ("EventsKeep=367d", "is neither a span from"), ("SubmitRate=0", "is outside the range from 1 to 1000000"),
      ("SubmitRate=fast", "is not a whole number"),
    ])
  func refused(_ assignment: String, _ fragment: String) {
    let found = problems(of: read("[Manager]\n\(assignment)\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains(fragment) == true, "\(found)")
  }
}
