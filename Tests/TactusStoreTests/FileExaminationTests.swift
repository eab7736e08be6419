import Foundation
import Glibc
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// Files that do not fit together are refused before any of them is changed.
@Suite("Files before they are opened")
struct FileExaminationTests {
  /// Returns a store as a killed daemon leaves it, whose answered jobs are only in the -wal.
  private func killed() throws -> StoreFiles {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    for now in [10, 20, 50] { try stage.cycle(at: now) }
    let files = try StoreFiles(at: file.path)
    specimen.store.call { $0.close() }
    #expect((files.log?.count ?? 0) > 10_000)
    return files
  }

  /// Returns every file of a directory with its bytes and its mode.
  private func snapshot(of directory: String) throws -> [String: Data] {
    try FileManager.default.contentsOfDirectory(atPath: directory).reduce(into: [:]) { files, name in
      var status = stat()
      #expect(lstat("\(directory)/\(name)", &status) == 0)
      files["\(name) \(String(status.st_mode, radix: 8)) \(status.st_ino)"] = try Data(
        contentsOf: URL(filePath: "\(directory)/\(name)"))
    }
  }

  /// Opens a store that must be refused, checks that nothing was changed, and returns the message.
  private func refusal(of file: TemporaryFile, asOutput: Bool = false) throws -> String {
    let before = try snapshot(of: file.directory)
    let error = #expect(throws: StoreError.self) {
      if asOutput {
        _ = try Simulation(seed: 1, startingAt: .zero).outputStore(at: file.path)
      } else {
        _ = try StoreSpecimen(file: file)
      }
    }
    #expect(throws: StoreError.self) { try DatabaseFile.examine(file.path) }
    #expect(try snapshot(of: file.directory) == before)
    return error?.message ?? ""
  }

  @Test(
    "A missing or empty file beside its -wal is not opened as a new store", arguments: [false, true], [false, true])
  func withoutFile(isEmpty: Bool, asOutput: Bool) throws {
    let file = TemporaryFile(named: asOutput ? "logs.db" : "tactus.db")
    if isEmpty { try Data().write(to: URL(filePath: file.path)) }
    try killed().log?.write(to: URL(filePath: "\(file.path)-wal"))
    let sentence = try refusal(of: file, asOutput: asOutput)
    #expect(sentence.hasPrefix("\(file.path) is \(isEmpty ? "empty" : "missing"), but \(file.path)-wal holds "))
    #expect(sentence.contains("Put \(file.path) back beside it"))
  }

  @Test("A file that is shorter than its header claims is refused", arguments: [false, true])
  func short(asOutput: Bool) throws {
    let whole = TemporaryFile(named: "whole.db")
    if asOutput {
      let simulation = Simulation(seed: 1, startingAt: .zero)
      let store = try simulation.outputStore(at: whole.path)
      store.call { $0.close() }
    } else {
      let specimen = try StoreSpecimen(path: whole.path)
      try Stage(specimen).apply(.sample(), at: 0)
      specimen.store.call { $0.close() }
    }
    let bytes = try Data(contentsOf: URL(filePath: whole.path))
    let file = TemporaryFile(named: asOutput ? "logs.db" : "tactus.db")
    try bytes.dropLast(4096).write(to: URL(filePath: file.path))
    let sentence = try refusal(of: file, asOutput: asOutput)
    #expect(sentence.contains("it has \(bytes.count - 4096) bytes, and its header says \(bytes.count)"), "\(sentence)")
  }

  @Test(
    "A symbolic link instead of a file is refused, and its target stays unchanged",
    arguments: ["", "-wal", "-shm", "-journal"])
  func links(suffix: String) throws {
    let (file, target) = (TemporaryFile(), TemporaryFile(named: "target"))
    try Data("precious".utf8).write(to: URL(filePath: target.path))
    #expect(chmod(target.path, 0o644) == 0)
    if !suffix.isEmpty {
      let specimen = try StoreSpecimen(path: file.path)
      specimen.store.call { $0.close() }
      unlink("\(file.path)\(suffix)")
    }
    try FileManager.default.createSymbolicLink(atPath: "\(file.path)\(suffix)", withDestinationPath: target.path)
    let before = try snapshot(of: target.directory)
    let sentence = try refusal(of: file)
    #expect(sentence.contains("\(file.path)\(suffix) is a symbolic link"), "\(sentence)")
    #expect(try snapshot(of: target.directory) == before)
  }

  @Test("A schema version that no version writes is refused", arguments: [[0xFF, 0xFF, 0xFF, 0xFB], [0x80, 0, 0, 0]])
  func versions(bytes: [UInt8]) throws {
    let specimen = try StoreSpecimen(file: nil)
    specimen.store.call { $0.close() }
    var files = try killed()
    files.log = nil
    // Source: https://www.sqlite.org/fileformat.html, the user version at offset 60.
    files.database.replaceSubrange(60..<64, with: bytes)
    let file = try files.write()
    let before = try Data(contentsOf: URL(filePath: file.path))
    let error = #expect(throws: StoreError.self) { try StoreSpecimen(file: file) }
    #expect(error?.message.contains("which nothing writes") == true, "\(String(describing: error))")
    #expect(try Data(contentsOf: URL(filePath: file.path)) == before)
  }
}
