import Testing

@testable import TactusLinux

@Suite("Controllers of the machine")
struct ControlGroupMountsTests {
  private static func mounts(_ options: String, at point: String = "/sys/fs/cgroup/memory") -> String {
    "30 25 0:26 / /sys/fs/cgroup/systemd \(options) shared:9 - cgroup cgroup rw,name=systemd\n"
      + "31 25 0:27 / \(point) \(options) shared:10 - cgroup cgroup rw,memory\n"
      + "32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct \(options) - cgroup cgroup rw,cpu,cpuacct\n"
  }

  @Test("The unified hierarchy lists its own controllers")
  func unified() {
    #expect(ControlGroup.hasController("memory", controllers: "cpuset cpu io memory pids\n", mounts: ""))
    #expect(!ControlGroup.hasController("mem", controllers: "cpuset cpu io memory pids\n", mounts: ""))
  }

  @Test("The old hierarchies are separate mounts, and usable if they are writable where systemd mounts them")
  func old() {
    #expect(ControlGroup.hasController("memory", controllers: "", mounts: Self.mounts("rw,nosuid")))
    #expect(ControlGroup.hasController("cpu", controllers: "", mounts: Self.mounts("rw,nosuid")))
    #expect(!ControlGroup.hasController("pids", controllers: "", mounts: Self.mounts("rw,nosuid")))
    #expect(!ControlGroup.hasController("memory", controllers: "", mounts: Self.mounts("ro,nosuid")))
    let elsewhere = Self.mounts("rw", at: "/srv/root/sys/fs/cgroup/memory")
    #expect(!ControlGroup.hasController("memory", controllers: "", mounts: elsewhere))
  }
}
