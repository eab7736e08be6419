import Dispatch
import Glibc
import Synchronization
import TactusTestSupport
import Testing

@testable import TactusLinux

@Suite(
  "Files with the rights of somebody else", .enabled(if: geteuid() == 0, "needs root, to become other users: not run"))
struct FileRightsTests {
  private func file(_ mode: mode_t, group: gid_t = 0) throws -> TemporaryFile {
    let file = TemporaryFile(named: "file")
    chmod(file.directory, 0o755)
    Descriptor.close(try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o600))
    chown(file.path, 0, group)
    chmod(file.path, mode)
    return file
  }

  private func code(_ body: () throws -> Void) -> Int32? {
    do { try body() } catch { return (error as? SystemError)?.code }
    return nil
  }

  @Test("What the account may read is read, by its own group or another of its groups, and nothing else")
  func rights() throws {
    var account = try #require(Account.named("games"))
    account.groups.append(54_321)
    for (mode, group, expected) in [
      (0o600, 0, EACCES), (0o640, 0, EACCES), (0o640, account.group, nil), (0o640, 54_321, nil), (0o604, 0, nil),
    ] as [(mode_t, gid_t, Int32?)] {
      let file = try file(mode, group: group)
      #expect(code { _ = try RegularFile.bytes(file.path, limit: 10, as: account) } == expected, "\(mode) \(group)")
      #expect(account.refusalOfReading(file.path) == expected)
      chmod(file.directory, 0o700)
      #expect(code { _ = try RegularFile.bytes(file.path, limit: 10, as: account) } == EACCES)
      // And afterwards we are who we were.
      #expect(code { _ = try RegularFile.bytes(file.path, limit: 10) } == nil)
    }
  }

  @Test("Other threads keep their rights while one has those of somebody else")
  func threads() throws {
    let account = try #require(Account.named("games"))
    let file = try file(0o600)
    let surprises = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { index in
      for _ in 0..<500 {
        let isOther = index.isMultiple(of: 2)
        let code = code { _ = try RegularFile.bytes(file.path, limit: 10, as: isOther ? account : nil) }
        if code != (isOther ? EACCES : nil) { surprises.withLock { $0.append("\(index): \(code ?? 0)") } }
      }
    }
    #expect(surprises.withLock { $0 } == [])
  }
}
