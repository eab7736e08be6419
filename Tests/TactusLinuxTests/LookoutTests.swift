import Dispatch
import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusTestSupport
import Testing

@Suite("Calls on paths that may not answer")
struct LookoutTests {
  private let lookout = Lookout(time: SystemTime())

  @Test("Existing paths have the results of stat(2), read(2) and readdir(3), missing ones their errno")
  func seen() throws {
    let file = TemporaryFile(named: "file")
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    let descriptor = try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o640)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    Descriptor.close(descriptor)
    let (fifo, link, gone) = ("\(file.directory)/fifo", "\(file.directory)/link", "\(file.directory)/gone")
    #expect(mkfifo(fifo, 0o600) == 0 && symlink(gone, link) == 0)
    let seen = lookout.look(at: [
      Look(.contents(limit: 300_000), file.path), Look(.contents(limit: 100), file.path), Look(.names, file.directory),
      Look(.status, file.path), Look(.status, link), Look(.linkStatus, link), Look(.contents(limit: 1), gone),
      Look(.contents(limit: 1), fifo), Look(.contents(limit: 1), file.directory), Look(.names, file.path),
    ])
    guard case .contents(let whole, let status) = seen[0], case .contents(let beginning, _) = seen[1],
      case .names(let names, _) = seen[2], case .status(let again) = seen[3], case .status(let ofLink) = seen[5]
    else {
      Issue.record("\(seen.dropFirst(2))")
      return
    }
    #expect(whole == bytes && beginning == Array(bytes[..<100]))
    #expect(again.mode == status.mode && again.user == status.user && again.executeError == EACCES)
    #expect(status.mode == S_IFREG | 0o640 && status.user == getuid() && status.readError == 0)
    #expect(names.sorted() == ["fifo", "file", "link"])
    #expect(ofLink.mode & S_IFMT == S_IFLNK && seen[4].isAbsence && seen[6].isAbsence)
    let failures = seen[7...].map { if case .failed(let error) = $0 { "\(error)" } else { "\($0)" } }
    #expect(
      failures == [
        "cannot read \(fifo), which is not a regular file: Invalid argument",
        "cannot read \(file.directory): Is a directory", "cannot open \(file.path): Not a directory",
      ])
  }

  @Test("More paths than fit one child are examined by several, in order")
  func many() throws {
    let file = TemporaryFile(named: "file")
    let descriptor = try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o600)
    #expect(ftruncate(descriptor, 1 << 20) == 0)
    Descriptor.close(descriptor)
    let sizes = lookout.look(at: (1...40).map { Look(.contents(limit: (1 << 20) - $0), file.path) }).map {
      if case .contents(let bytes, _) = $0 { bytes.count } else { 0 }
    }
    #expect(sizes == (1...40).map { (1 << 20) - $0 })
  }

  @Test(
    "A look-up for another account has that account's access to files, and no other thread has it",
    .enabled(if: getuid() == 0))
  func account() throws {
    let file = TemporaryFile(named: "file")
    Descriptor.close(try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o600))
    chmod(file.directory, 0o755)
    let stranger = Account(name: "stranger", user: 54_321, group: 54_322, groups: [54_322], home: "/")
    let looks = [Look(.status, file.path), Look(.contents(limit: 1), file.path)]
    let seen = lookout.look(at: looks, as: stranger)
    guard case .status(let status) = seen[0], case .failed(let error) = seen[1] else {
      Issue.record("\(seen)")
      return
    }
    #expect(status.readError == EACCES && error.code == EACCES)
    #expect(geteuid() == 0 && access(file.path, R_OK) == 0)
    chmod(file.path, 0o604)
    guard case .contents(let nothing, _) = lookout.look(at: looks, as: stranger)[1], nothing.isEmpty else {
      Issue.record("a file that everybody may read was not read")
      return
    }
  }

  @Test(
    "A silent path is given up in time, has one call however often it is needed, and is asked again once it answers",
    .enabled(if: Laboratory.isPossible))
  func silence() async throws {
    let mount = try await SilentMount()
    let reported = Mutex<[SilentPaths.News]>([])
    lookout.silentPaths.onChange { news in reported.withLock { $0.append(news) } }
    let path = "\(mount.directory)/variables"
    try await mount.silence()
    let looks = [Look(.status, "/"), Look(.contents(limit: 10), path, use: "EnvironmentFile=x"), Look(.status, "/bin")]
    let seen = try await blocking("a silent path is given up") { [lookout] in lookout.look(at: looks) }
    #expect(seen.map(\.silence) == [nil, "no answer within 2 s", nil])
    for _ in 0..<20 {
      let again = lookout.look(.status, path)
      #expect(again.silence?.hasPrefix("no answer since 2") == true)
    }
    // The thread of the last answered look-up is free a moment after its answer.
    _ = try await eventually("one call is left") { lookout.errands.underWay == 1 ? true : nil }
    #expect(lookout.silentPaths.all.map(\.use) == ["EnvironmentFile=x"])
    try await mount.speak()
    _ = try await eventually("the call returns") { lookout.silentPaths.since(path) == nil ? true : nil }
    guard case .contents(let text, _) = lookout.look(.contents(limit: 10), path), text == Array("A=1\n".utf8) else {
      Issue.record("the path was not asked again")
      return
    }
    let news = reported.withLock { $0 }
    guard case .silent = news.first, case .answered = news.last, news.count == 2 else {
      Issue.record("\(news)")
      return
    }
  }

  @Test(
    "Eight silent paths make all of a remote mount silent, and no other mount", .enabled(if: Laboratory.isPossible))
  func mount() async throws {
    let mount = try await SilentMount()
    try await mount.silence()
    for number in 1...Limits.errandsOfMount {
      let path = "\(mount.directory)/\(number)"
      let seen = try await blocking("a silent path is given up") { [lookout] in lookout.look(.status, path) }
      #expect(seen.silence == "no answer within 2 s")
    }
    for number in 9..<100 {
      #expect(lookout.look(.status, "\(mount.directory)/\(number)").silence?.hasPrefix("no answer since 2") == true)
    }
    #expect(lookout.errands.underWay == Limits.errandsOfMount)
    guard case .status = lookout.look(.status, mount.above), case .status = lookout.look(.status, "/") else {
      Issue.record("another file system also counts as silent")
      return
    }
    try await mount.speak()
  }

  @Test(
    "Eight calls on one silent path make its whole mount silent, where no other call can begin",
    .enabled(if: Laboratory.isPossible))
  func crowd() async throws {
    let mount = try await SilentMount()
    try await mount.silence()
    let path = "\(mount.directory)/secret"
    try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<Limits.errandsOfMount {
        group.addTask { [lookout] in
          try await blocking("a silent path is given up") { lookout.look(.status, path).silence }
        }
      }
      for try await silence in group { #expect(silence?.hasPrefix("no answer") == true) }
    }
    #expect(lookout.silentPaths.all.map(\.path) == [path])
    // If one of them was answered from the list, there is room for another call.
    if lookout.errands.underWay == Limits.errandsOfMount {
      let other = lookout.look(.status, "\(mount.directory)/variables").silence
      #expect(other?.hasPrefix("no answer since 2") == true, "\(other ?? "an answer")")
    }
    try await mount.speak()
  }

  @Test("A look-up that is late because the machine is busy does not make the path silent")
  func late() async throws {
    let time = SystemTime()
    let errands = Errands(label: "test.errand", limit: 1)
    let lookout = Lookout(errands: errands, silentPaths: SilentPaths(time: time), time: time)
    let gate = DispatchSemaphore(value: 0)
    errands.run { gate.wait() }
    async let looked = blocking("the look ends") { lookout.look(.status, "/bin/true") }
    try await Task.sleep(for: Limits.pathPatience + .seconds(1))
    gate.signal()
    guard case .status(let status) = try await looked else {
      Issue.record("\(try await looked)")
      return
    }
    #expect(status.isRegular)
    #expect(lookout.silentPaths.all.isEmpty)
  }

  @Test("At most 64 calls that may not return are under way, and further calls wait")
  func limit() async throws {
    let errands = Errands(label: "test.errands")
    let begun = Mutex(0)
    let gate = Mutex(())
    let total = Limits.errands + 10
    try await blocking("all calls return") {
      let pipe = try Descriptor.pipe()
      defer { for end in [pipe.read, pipe.write] { Descriptor.close(end) } }
      gate.withLock { _ in
        for _ in 0..<total {
          errands.run {
            begun.withLock { $0 += 1 }
            gate.withLock { _ in }
            var byte: UInt8 = 0
            _ = write(pipe.write, &byte, 1)
          }
        }
        while begun.withLock({ $0 }) < Limits.errands { sched_yield() }
        #expect(errands.underWay == Limits.errands && begun.withLock { $0 } == Limits.errands)
      }
      var byte: UInt8 = 0
      for _ in 0..<total { #expect(read(pipe.read, &byte, 1) == 1) }
    }
    #expect(begun.withLock { $0 } == total)
  }
}
