import Glibc
import TactusLinux
import TactusModel

/// The files that the daemon reads for a job before its start.
///
/// Each path is read once and may not answer.
struct JobInputs {
  /// Paths from the definition, read with the rights of the reader.
  private(set) var looks: [Look] = []
  /// Paths read with the daemon's own rights.
  private(set) var ownLooks: [Look] = []
  private let reader: InputReader.Choice
  private var seen: [String: Looked] = [:]
  private let workflow: WorkflowName?

  /// Creates an empty list for a job, with or without a workflow.
  init(of workflow: WorkflowName?, by reader: InputReader) {
    self.workflow = workflow
    self.reader = reader.choice
  }

  /// The files of a definition.
  init(_ files: [EnvironmentFile], of workflow: WorkflowName?, by reader: InputReader) {
    self.init(of: workflow, by: reader)
    for file in files { add("EnvironmentFile=", file.path, .contents(limit: EnvironmentLines.limit + 1), to: \.looks) }
  }

  /// The files and the secrets of a command.
  init(_ command: Command, of workflow: WorkflowName?, _ credentials: CredentialDirectories, by reader: InputReader) {
    self.init(command.environmentFiles, of: workflow, by: reader)
    for credential in command.credentials {
      guard let path = credentials.source(of: credential) else { continue }
      // The daemon's own credentials need no other rights: it was given them for its jobs.
      let place: WritableKeyPath<Self, [Look]> = credential.path == nil ? \.ownLooks : \.looks
      add("LoadCredential=\(credential.name):", path, .contents(limit: Limits.credentialBytes + 1), to: place)
    }
  }

  /// Adds a directory or file that must exist, whoever may read it.
  mutating func add(_ key: String, _ path: String) { add(key, path, .status, to: \.ownLooks) }

  /// Adds a look.
  ///
  /// If the path is already listed, the look that sees more remains.
  private mutating func add(
    _ key: String, _ path: String, _ kind: Look.Kind, to looks: WritableKeyPath<Self, [Look]>
  ) {
    guard let place = self[keyPath: looks].firstIndex(where: { $0.path == path }) else {
      return self[keyPath: looks].append(Look(kind, path, use: SilentPaths.use(key, path, of: workflow)))
    }
    if case .contents(let wanted) = kind {
      guard case .contents(let limit) = self[keyPath: looks][place].kind, limit >= wanted else {
        return self[keyPath: looks][place].kind = kind
      }
    }
  }

  /// Whether the list is empty.
  var isEmpty: Bool { looks.isEmpty && ownLooks.isEmpty }

  /// Reads everything and answers with the results, on a thread of the lookout.
  func look(by lookout: Lookout, answer: @escaping @Sendable (JobInputs) -> Void) {
    lookout.run(for: looks + ownLooks) { [self] in
      var inputs = self
      if case .nobody = reader {} else { inputs.take(looks, lookout.look(at: looks, as: reader.account)) }
      inputs.take(ownLooks, lookout.look(at: ownLooks))
      answer(inputs)
    }
  }

  private mutating func take(_ looks: [Look], _ seen: [Looked]) {
    for (look, seen) in zip(looks, seen) {
      // A volume may be a file whose contents are also needed.
      if case .contents? = self.seen[look.path] { continue }
      self.seen[look.path] = seen
    }
  }

  /// A message about the first path that does not answer; nil if all do.
  var silence: String? {
    // The row of the job names its workflow already.
    let owner = SilentPaths.owner(workflow).count
    return (looks + ownLooks).lazy
      .compactMap { look in seen[look.path]?.silence.map { "\(look.use.dropLast(owner)): \($0)" } }.first
  }

  /// Whether the look at a path failed.
  func hasNot(_ path: String) -> Bool { if case .failed? = seen[path] { true } else { false } }

  /// The bytes of a file, up to a limit.
  ///
  /// - Throws: ``DefinitionFault`` if no user may read it, ``SystemError`` if it cannot be read. A file above the limit
  ///   throws EFBIG.
  func bytes(_ path: String, limit: Int) throws -> [UInt8] {
    switch seen[path] {
    case .contents(let bytes, _):
      guard bytes.count <= limit else { throw SystemError(code: EFBIG, operation: "read", subject: path) }
      return bytes
    case .failed(let error): throw error
    case .silent: throw SystemError(code: ETIMEDOUT, operation: "read", subject: path)
    case .status, .names: fatalError("\(path) was looked at, and not into")
    case nil:
      guard case .nobody(let sentence) = reader else { fatalError("\(path) is read, and was not looked at") }
      throw DefinitionFault(sentence)
    }
  }

  /// The text to append to a read error: the user that needs access.
  ///
  /// Empty for other errors.
  func sentence(for error: SystemError) -> String { reader.sentence(for: error) }
}
