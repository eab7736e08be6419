import CLinux
import Glibc

/// The looks of one call and their results, in memory that a thread and a child write to while others wait.
final class LookBoard: Sendable {
  private let address: UInt
  private let looks: [Look]

  /// The room for results, in bytes: enough for the largest requested file, and for many small ones.
  private static let room = 8 << 20

  init(_ looks: [Look]) throws(SystemError) {
    let largest = looks.map(\.limit).max() ?? 0
    guard let pointer = tactus_looks_make(Int32(looks.count), UInt(max(Self.room, largest))) else {
      throw SystemError(code: ENOMEM, operation: "create", subject: "room for \(looks.count) looks")
    }
    address = UInt(bitPattern: pointer)
    self.looks = looks
    for look in looks {
      _ = try check(
        tactus_looks_add(pointer, look.kind.code, look.path, UInt(look.limit)), "access", look.path)
    }
  }

  deinit { tactus_looks_free(pointer) }

  private var pointer: OpaquePointer {
    guard let pointer = OpaquePointer(bitPattern: address) else { fatalError("a board of looks has no address") }
    return pointer
  }

  /// Starts a child that looks, while this thread waits.
  ///
  /// On return the child has ended, or is about to.
  func fill(_ progress: ChildProgress, as account: Account?) throws(SystemError) {
    let answer = withIdentity(of: account) { tactus_look(pointer, $0, progress.pointer) }
    progress.conclude()
    let child = try check(answer, "create a process to access", looks.first?.path ?? "")
    _ = tactus_look_reap(child)
  }

  /// The path of a look.
  func path(_ index: Int) -> String { looks[index].path }

  /// The results of the first looks, which must be done.
  func seen(_ count: Int) -> [Looked] { looks.prefix(count).enumerated().map { seen($1, $0) } }

  private func seen(_ look: Look, _ index: Int) -> Looked {
    guard let entry = tactus_looks_at(pointer, Int32(index))?.pointee else { fatalError("a look has no entry") }
    let status = FileStatus(
      mode: entry.mode, user: entry.user, group: entry.group, readError: entry.read_error,
      executeError: entry.execute_error)
    guard entry.error == 0 else { return .failed(look.failure(entry, status)) }
    let bytes = UnsafeRawBufferPointer(start: entry.bytes, count: entry.bytes == nil ? 0 : Int(entry.size))
    switch look.kind {
    case .status, .linkStatus: return .status(status)
    case .contents: return .contents(Array(bytes), status)
    case .names: return .names(Self.names(in: bytes), status)
    }
  }

  /// The names of linux_dirent64 entries: getdents64(2).
  private static func names(in bytes: UnsafeRawBufferPointer) -> [String] {
    let (lengthOffset, nameOffset) = (16, 19)
    var names: [String] = []
    var rest = bytes[...]
    while rest.count > nameOffset {
      let length = Int(rest[rest.startIndex + lengthOffset]) | Int(rest[rest.startIndex + lengthOffset + 1]) << 8
      let name = String(decoding: rest.prefix(length).dropFirst(nameOffset).prefix { $0 != 0 }, as: UTF8.self)
      if name != ".", name != ".." { names.append(name) }
      rest = rest.dropFirst(length)
    }
    return names
  }
}

extension Look {
  fileprivate var limit: Int { if case .contents(let limit) = kind { limit } else { 0 } }

  fileprivate func failure(_ entry: tactus_look, _ status: FileStatus) -> SystemError {
    switch (entry.step, kind) {
    case (TACTUS_LOOK_OPEN, _): return SystemError(code: entry.error, operation: "open", subject: path)
    case (TACTUS_LOOK_READ, .names): return SystemError(code: entry.error, operation: "list", subject: path)
    case (TACTUS_LOOK_READ, _):
      let isOther = !status.isRegular && !status.isDirectory
      return SystemError(
        code: entry.error, operation: "read", subject: isOther ? "\(path), which is not a regular file" : path)
    default: return SystemError(code: entry.error, operation: "access", subject: path)
    }
  }
}

extension Look.Kind {
  fileprivate var code: tactus_look_kind {
    switch self {
    case .status: TACTUS_LOOK_PATH
    case .linkStatus: TACTUS_LOOK_LINK
    case .contents: TACTUS_LOOK_CONTENTS
    case .names: TACTUS_LOOK_NAMES
    }
  }
}
