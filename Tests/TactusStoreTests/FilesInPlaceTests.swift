import Foundation
import Synchronization
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("Files of an open store")
struct FilesInPlaceTests {
  private final class Told: Sendable {
    private let kept = Mutex<[StoreError?]>([])
    var errors: [StoreError?] { kept.withLock { $0 } }
    func note(_ error: StoreError?) { kept.withLock { $0.append(error) } }
  }

  @Test(
    "Nothing is acknowledged while a file is gone, and it goes on when it is back",
    arguments: ["tactus.db", "tactus.db-wal", "."])
  func gone(name: String) throws {
    let directory = TemporaryFile()
    let state = "\(directory.directory)/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let told = Told()
    let specimen = try StoreSpecimen(path: "\(state)/tactus.db", health: told.note)
    let stage = Stage(specimen)
    try stage.apply(.sample(every: nil), at: 0)
    let (path, away) = (name == "." ? state : "\(state)/\(name)", "\(directory.directory)/away")
    for replaced in name == "." ? [false] : [false, true] {
      try FileManager.default.moveItem(atPath: path, toPath: away)
      if replaced { try Data("x".utf8).write(to: URL(filePath: path)) }
      for now in 1...3 {
        guard case .unavailable(let reason)? = stage.refusal(of: { try stage.run(at: now) }) else {
          Issue.record("a job was acknowledged without \(name)")
          continue
        }
        #expect(reason.contains(name == "." ? "tactus.db" : name), "\(reason)")
        #expect(reason.contains(replaced ? "was replaced by another file" : "was removed or moved away"), "\(reason)")
      }
      #expect(told.errors.last??.isUnavailability == true)
      if replaced { try FileManager.default.removeItem(atPath: path) }
      try FileManager.default.moveItem(atPath: away, toPath: path)
      try stage.run(at: 5)
      #expect(told.errors.last == .some(nil))
    }
    #expect(told.errors.count == (name == "." ? 2 : 4), "each turn is told once")
    specimen.store.call { $0.close() }
  }

  @Test("A look without a change finds it, too")
  func look() throws {
    let file = TemporaryFile()
    let told = Told()
    let specimen = try StoreSpecimen(file: file, health: told.note)
    try Stage(specimen).apply(.sample(every: nil), at: 0)
    specimen.store.call { $0.checkFiles() }
    #expect(told.errors.isEmpty)
    try FileManager.default.removeItem(atPath: file.path)
    specimen.store.call { $0.checkFiles() }
    #expect(told.errors.first??.message.contains("\(file.path) was removed or moved away") == true)
    specimen.store.call { $0.close() }
  }

  @Test("Another store that was put in its place is not written to, also at the close")
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
