import Glibc
import TactusLinux
import TactusModel

/// Stores the secrets of jobs: one directory for each job, below a directory that other users cannot list.
///
/// A secret is read for one start and removed when the job ends. The daemon keeps it in memory only while writing it.
struct CredentialDirectories {
  /// The parent of all job directories.
  ///
  /// It is in memory if the runtime directory is.
  let root: String
  /// The directory of the credentials that the daemon was given; nil if it has none.
  let granted: String?

  /// The directory of one job.
  func path(for id: JobID) -> String { "\(root)/\(id)" }

  /// The file to read a credential from; nil if the daemon should have been given it but has no credentials.
  func source(of credential: Credential) -> String? { credential.path ?? granted.map { "\($0)/\(credential.name)" } }

  /// Writes secrets so that only the user of the job and the user of tactusd can read them.
  ///
  /// Returns their directory.
  ///
  /// - Throws: ``DefinitionFault`` for a secret that cannot be read or handed over, ``SystemError`` for one that cannot
  ///   be written. Everything written so far is removed first.
  func place(
    _ credentials: [Credential], from inputs: JobInputs, for id: JobID, account: Account?
  ) throws -> String {
    let secrets = try read(credentials, from: inputs)
    let directory = path(for: id)
    do {
      // Others may pass through it but not list it: the names in it are those of jobs with secrets.
      try makeRoot()
      try check(mkdir(directory, 0o700), "create", directory)
      for (name, bytes) in secrets { try write(bytes, to: "\(directory)/\(name)", for: account) }
      // Last, so that no reader finds an incomplete directory.
      if let account { try hand(directory, mode: 0o750, to: account) }
    } catch  where error.code == EPERM {
      remove(id)
      throw DefinitionFault(
        "LoadCredential=: \(error), because \(Account.name(of: geteuid())), the user of tactusd, is not a member of "
          + "that group. Add it with SupplementaryGroups= in tactusd.service")
    } catch {
      remove(id)
      throw error
    }
    return directory
  }

  /// Creates the parent directory.
  ///
  /// An existing one must belong to us, or another user would control where secrets go.
  private func makeRoot() throws(SystemError) {
    if mkdir(root, 0o711) == 0 { return try check(chmod(root, 0o711), "change the mode of", root) }
    let code = errno
    guard code == EEXIST else { throw SystemError(code: code, operation: "create", subject: root) }
    guard isRootOurs else {
      throw SystemError(
        code: ENOTDIR, operation: "use", subject: "\(root), which is not a directory owned by tactusd")
    }
  }

  private var isRootOurs: Bool { Self.isDirectory(root, of: geteuid()) }

  /// Whether a path is a directory, not a link to one, and belongs to the owner if one is given.
  private static func isDirectory(_ path: String, of owner: UInt32? = nil) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && (owner ?? status.st_uid) == status.st_uid
  }

  /// Removes the secrets of a job.
  ///
  /// Does nothing if it has none.
  func remove(_ id: JobID) {
    let directory = path(for: id)
    // The target of a link must not be emptied.
    guard isRootOurs, Self.isDirectory(directory) else { return }
    for name in Self.names(in: directory) { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  /// Removes the secrets that earlier daemons left for jobs that have ended.
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
          "\(key): tactusd has no credentials of its own. Write \(key):/path, or add \(key):/path to tactusd.service")
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
          "\(key): the credentials of the job are larger than \(Limits.credentialBytes >> 10) KiB together, "
            + "including \(path)"
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

  /// Grants an account access through its group.
  ///
  /// A daemon that is a member of the group needs no capability for that.
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
