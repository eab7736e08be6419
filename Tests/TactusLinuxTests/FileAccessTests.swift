import Glibc
import TactusModel
import TactusTestSupport
import Testing

@testable import TactusLinux

@Suite("Write access to a file")
struct FileAccessTests {
  /// Encodes a list as the kernel does: a version, and entries of a tag, rights and a number.
  private func list(_ entries: [(tag: UInt8, rights: UInt8, number: UInt32)]) -> AccessList? {
    var bytes: [UInt8] = [2, 0, 0, 0]
    for entry in entries {
      bytes += [entry.tag, 0, entry.rights, 0]
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: entry.number >> ($0 * 8)) }
    }
    return AccessList(bytes[...])
  }

  @Test("A list names the users that it lets write, unless its mask takes the right away")
  func lists() {
    let none = UInt32.max
    #expect(list([(1, 6, none), (4, 6, none), (0x20, 4, none)]) == AccessList(isWritableByGroup: true))
    let entries: [(tag: UInt8, rights: UInt8, number: UInt32)] = [
      (1, 6, none), (2, 6, 1000), (2, 4, 1001), (4, 4, none), (8, 7, 70_000), (0x10, 7, none), (0x20, 0, none),
    ]
    #expect(list(entries) == AccessList(isWritableByGroup: false, writers: [.user(1000), .group(70_000)]))
    #expect(list(entries.map { $0.tag == 0x10 ? ($0.tag, 5, $0.number) : $0 }) == AccessList())
    #expect(AccessList([3, 0, 0, 0]) == nil && AccessList([2, 0, 0]) == nil && AccessList([2, 0, 0, 0, 1]) == nil)
  }

  @Test("A link is examined as a link, and a missing file is ignored")
  func kinds() throws {
    let file = TemporaryFile(named: "file")
    Descriptor.close(try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o600))
    chmod(file.path, 0o4620)
    let link = "\(file.directory)/link"
    symlink(file.path, link)
    let access = try #require(FileAccess.of(file.path))
    #expect(access.kind == .file && access.mode == 0o4620 && access.owner == geteuid() && access.group == getegid())
    #expect(access.isWritableByGroup && !access.isWritableByAll && !access.isSticky && access.listed.isEmpty)
    #expect(FileAccess.of(link)?.kind == .link && FileAccess.of(file.directory)?.kind == .folder)
    #expect(FileAccess.of("\(file.directory)/none") == nil)
  }

  @Test("The path to a file includes every directory and every link, as links")
  func steps() throws {
    let place = TemporaryFile(named: "place")
    let folder = "\(place.directory)/folder"
    mkdir(folder, 0o700)
    symlink("folder", "\(place.directory)/first")
    symlink("../place", "\(folder)/second")
    let steps = Passage.steps(to: "\(place.directory)/first/second")
    #expect(steps.first == Passage.Step(folder: "/", place: "/\(place.directory.split(separator: "/")[0])"))
    #expect(
      steps.suffix(4) == [
        .init(folder: place.directory, place: "\(place.directory)/first"),
        .init(folder: place.directory, place: folder),
        .init(folder: folder, place: "\(folder)/second"), .init(folder: place.directory, place: place.path),
      ])
  }
}

@Suite("Scripts that are not executed")
struct ScriptFaultTests {
  private func fault(_ text: String) -> ScriptFault? {
    ScriptFault.of(Array(text.utf8)) { ["/bin/sh", "/usr/bin/env"].contains($0) }
  }

  @Test("The interpreter is named, with an invisible carriage return")
  func interpreters() {
    #expect(fault("#!/bin/sh\r\necho\r\n") == .carriageReturn(interpreter: "/bin/sh"))
    #expect(fault("#! \t/bin/sh -e\r\n") == nil)
    #expect(fault("#!/opt/none -x\n") == .missing(interpreter: "/opt/none"))
    #expect(fault("#!/bin/sh\n") == nil && fault("#!\n") == nil && fault("") == nil && fault("echo\n") == nil)
    #expect(fault("\u{7F}ELF") == .loader)
    guard case .hidden(let character)? = fault("\u{FEFF}#!/bin/sh\n") else {
      Issue.record("a mark is not seen"); return
    }
    #expect(character.name == "U+FEFF ZERO WIDTH NO-BREAK SPACE")
    #expect(fault("#!/bin/sh\u{A0}\n")?.sentence.contains("U+00A0 NO-BREAK SPACE") == true)
    #expect(
      ScriptFault.carriageReturn(interpreter: "/bin/sh").sentence
        == "the script's first line ends with a carriage return (\\r), so it asks for /bin/sh^M. Convert the script with "
        + "dos2unix, or save it with Unix line ends")
  }
}
