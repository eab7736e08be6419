import Foundation
import Synchronization
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("Files of an open store")
struct FilesInPlaceTests {
  private final class Reported: Sendable {
    private let kept = Mutex<[StoreError?]>([])
    var errors: [StoreError?] { kept.withLock { $0 } }
    func note(_ error: StoreError?) { kept.withLock { $0.append(error) } }
  }

  @Test("A rolled back end keeps its exit, and a rolled back event is not published")
  func rolledBack() throws {
    let directory = TemporaryFile()
    let state = "\(directory.directory)/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let specimen = try StoreSpecimen(path: "\(state)/tactus.db")
    let stage = Stage(specimen)
    let published = Mutex<Int64>(0)
    specimen.store.call { store in store.publish { number in published.withLock { $0 = number } } }
    try stage.apply(.sample(every: nil), at: 0)
    let id = try stage.run(at: 1).id
    let claim = try #require(try stage.claim([id], at: 1).first)
    try stage.start(claim, at: 1)
    #expect(try stage.ask { $0.recordExit(id, fence: claim.fence, answer: $1) })
    try FileManager.default.moveItem(atPath: "\(state)/tactus.db", toPath: "\(state)/away")
    #expect(stage.refusal { try stage.end(claim, at: 2) } != nil)
    try FileManager.default.moveItem(atPath: "\(state)/away", toPath: "\(state)/tactus.db")
    #expect(stage.refusal { try stage.cancel(id, at: 3) } == .conflict(.exited(id)))
    let newest = try #require(try specimen.rows("SELECT max(sequence) FROM events").first)
    #expect("\(published.withLock { $0 })" == newest)
    #expect(try stage.end(claim, at: 4).isRecorded)
    #expect(try stage.job(id).status == .completed)
    specimen.store.call { $0.close() }
  }

  @Test(
    "Writes are refused while a file is missing, and continue when it is back",
    arguments: ["tactus.db", "tactus.db-wal", "."])
  func gone(name: String) throws {
    let directory = TemporaryFile()
    let state = "\(directory.directory)/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let reported = Reported()
    let specimen = try StoreSpecimen(path: "\(state)/tactus.db", health: reported.note)
    let stage = Stage(specimen)
    try stage.apply(.sample(every: nil), at: 0)
    let (path, away) = (name == "." ? state : "\(state)/\(name)", "\(directory.directory)/away")
    for replaced in name == "." ? [false] : [false, true] {
      try FileManager.default.moveItem(atPath: path, toPath: away)
      if replaced { try Data("x".utf8).write(to: URL(filePath: path)) }
      for now in 1...3 {
        guard case .unavailable(.unwritable(let reason))? = stage.refusal(of: { try stage.run(at: now) }) else {
          Issue.record("a job was acknowledged without \(name)")
          continue
        }
        #expect(reason.contains(name == "." ? "tactus.db" : name), "\(reason)")
        #expect(reason.contains(replaced ? "was replaced by another file" : "was removed or moved away"), "\(reason)")
      }
      #expect(reported.errors.last??.isUnavailability == true)
      if replaced { try FileManager.default.removeItem(atPath: path) }
      try FileManager.default.moveItem(atPath: away, toPath: path)
      try stage.run(at: 5)
      #expect(reported.errors.last == .some(nil))
    }
    #expect(reported.errors.count == (name == "." ? 2 : 4), "each change is reported once")
    specimen.store.call { $0.close() }
  }

  @Test("A check finds a missing file without a write")
  func look() throws {
    let file = TemporaryFile()
    let reported = Reported()
    let specimen = try StoreSpecimen(file: file, health: reported.note)
    try Stage(specimen).apply(.sample(every: nil), at: 0)
    specimen.store.call { $0.checkFiles() }
    #expect(reported.errors.isEmpty)
    try FileManager.default.removeItem(atPath: file.path)
    specimen.store.call { $0.checkFiles() }
    #expect(reported.errors.first??.message.contains("\(file.path) was removed or moved away") == true)
    specimen.store.call { $0.close() }
  }

  @Test("A store that replaced an open one is not written to, even when the store closes")
  func replaced() throws {
    let (file, other) = (TemporaryFile(), TemporaryFile())
    let stranger = try StoreSpecimen(file: other)
    try Stage(stranger).apply(.sample(), at: 0)
    stranger.store.call { $0.close() }
    let specimen = try StoreSpecimen(file: file)
    try Stage(specimen).apply(.sample(), at: 0)
    for name in ["tactus.db", "tactus.db-wal", "tactus.db-shm"] {
      try FileManager.default.removeItem(atPath: "\(file.directory)/\(name)")
    }
    let bytes = try Data(contentsOf: URL(filePath: other.path))
    try bytes.write(to: URL(filePath: file.path))
    specimen.store.call { $0.close() }
    #expect(try Data(contentsOf: URL(filePath: file.path)) == bytes)
  }
}
