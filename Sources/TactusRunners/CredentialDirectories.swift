import Glibc
import TactusLinux
import TactusModel

/// Where jobs find their secrets: a directory for each job, in one that nobody can list.
///
/// What is here is read for one start and gone with the end of the job; in memory it is for as long as it takes to write it.
struct CredentialDirectories {
  /// The directory of all, in memory if the runtime directory is.
  let root: String
  /// Where the daemon finds the credentials that it was given itself; nil if it was given none.
  let granted: String?

  /// The directory of one job.
  func path(for id: JobID) -> String { "\(root)/\(id)" }

  /// Where the secret of a credential is read; nil if the daemon would have to have it, and was given none.
  func source(of credential: Credential) -> String? { credential.path ?? granted.map { "\($0)/\(credential.name)" } }

  /// Puts secrets where the user of the job alone may read them, besides the daemon's; answers the directory.
  /// - Throws: ``DefinitionFault`` for what cannot be read or handed over, ``SystemError`` for what cannot be written. Nothing
  ///   is left then.
  func place(
    _ credentials: [Credential], from inputs: JobInputs, for id: JobID, account: Account?
  ) throws -> String {
    let secrets = try read(credentials, from: inputs)
    let directory = path(for: id)
    do {
      // Passed through, never listed: the names in it are the jobs that have secrets.
      try makeRoot()
      try check(mkdir(directory, 0o700), "make", directory)
      for (name, bytes) in secrets { try write(bytes, to: "\(directory)/\(name)", for: account) }
      // At last, so that nobody finds half of it.
      if let account { try hand(directory, mode: 0o750, to: account) }
    } catch  where error.code == EPERM {
      remove(id)
      throw DefinitionFault(
        "LoadCredential=: \(error); \(Account.name(of: geteuid())), whom tactusd runs as, has to be a member of that group: "
          + "SupplementaryGroups= in its unit makes it one")
    } catch {
      remove(id)
      throw error
    }
    return directory
  }

  /// Makes the directory of all; one that is there has to be ours, or secrets would be written where somebody else decides.
  private func makeRoot() throws(SystemError) {
    if mkdir(root, 0o711) == 0 { return try check(chmod(root, 0o711), "open", root) }
    let code = errno
    guard code == EEXIST else { throw SystemError(code: code, operation: "make", subject: root) }
    guard isRootOurs else {
      throw SystemError(
        code: ENOTDIR, operation: "use", subject: "\(root), which is a link, or not the daemon's own directory")
    }
  }

  private var isRootOurs: Bool { Self.isDirectory(root, of: geteuid()) }

  /// Whether a path is a directory, and no link to one; of an owner, if one is given.
  private static func isDirectory(_ path: String, of owner: UInt32? = nil) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && (owner ?? status.st_uid) == status.st_uid
  }

  /// Removes what a job was given; nothing if it was given nothing.
  func remove(_ id: JobID) {
    let directory = path(for: id)
    // What a link leads to is not ours to empty.
    guard isRootOurs, Self.isDirectory(directory) else { return }
    for name in Self.names(in: directory) { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  /// Removes what other daemons have left for jobs that are over.
  func sweep(keeping isKept: (JobID) -> Bool) {
    guard isRootOurs else { return }
    for id in Self.names(in: root).compactMap(JobID.init) where !isKept(id) { remove(id) }
  }

  private func read(
    _ credentials: [Credential], from inputs: JobInputs
  ) throws(DefinitionFault) -> [(name: String, bytes: [UInt8])] {
    var room = Limits.credentialBytes
    var secrets: [(name: String, bytes: [UInt8])] = []
    for credential in credentials {
      let key = "LoadCredential=\(credential.name)"
      guard let path = source(of: credential) else {
        throw DefinitionFault(
          "\(key): tactusd was given no credentials itself: write \(key):/path, or add \(key):/path to its unit")
      }
      do {
        let bytes = try inputs.bytes(path, limit: room)
        room -= bytes.count
        secrets.removeAll { $0.name == credential.name }
        secrets.append((credential.name, bytes))
      } catch let error as SystemError {
        guard error.code == EFBIG else {
          throw DefinitionFault("\(key): \(error)\(inputs.sentence(for: error))")
        }
        throw DefinitionFault(
          "\(key): with \(path) the credentials of the job are larger than \(Limits.credentialBytes >> 10) KiB together"
        )
      } catch {
        throw DefinitionFault("\(key): \(error)")
      }
    }
    return secrets
  }

  private func write(_ bytes: [UInt8], to path: String, for account: Account?) throws(SystemError) {
    let descriptor = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o400)
    defer { Descriptor.close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      switch rest.withUnsafeBytes({ Descriptor.write(descriptor, from: $0) }) {
      case .bytes(let size): rest = rest.dropFirst(size)
      case .failed(let code): throw SystemError(code: code, operation: "write", subject: path)
      case .wouldBlock, .end: throw SystemError(code: EIO, operation: "write", subject: path)
      }
    }
    if let account { try hand(path, mode: 0o440, to: account) }
  }

  /// Lets an account in by its group, which takes no capability from a daemon that is a member.
  private func hand(_ path: String, mode: UInt32, to account: Account) throws(SystemError) {
    try check(chown(path, UInt32.max, account.group), "give the group of \(account.name)", path)
    try check(chmod(path, mode), "change the mode of", path)
  }

  private func check(_ answer: Int32, _ operation: @autoclosure () -> String, _ subject: String) throws(SystemError) {
    let code = errno
    guard answer == 0 else { throw SystemError(code: code, operation: operation(), subject: subject) }
  }

  private static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
