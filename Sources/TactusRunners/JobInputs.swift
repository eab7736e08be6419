import Glibc
import TactusLinux
import TactusModel

/// What the daemon reads for a job before it starts, wherever that lies: each path is looked at once, and may not answer.
struct JobInputs {
  /// What definitions name, looked at with the rights of the reader.
  private(set) var looks: [Look] = []
  /// What is looked at with the daemon's own rights.
  private(set) var ownLooks: [Look] = []
  private let reader: InputReader.Choice
  private var seen: [String: Looked] = [:]
  private let owner: String

  /// Nothing yet, for a job of a workflow or of none.
  init(of workflow: WorkflowName?, by reader: InputReader) {
    owner = workflow.map { " of workflow \($0)" } ?? ""
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
      // What the daemon was given itself is its own, and was given to it for this.
      let place: WritableKeyPath<Self, [Look]> = credential.path == nil ? \.ownLooks : \.looks
      add("LoadCredential=\(credential.name):", path, .contents(limit: Limits.credentialBytes + 1), to: place)
    }
  }

  /// Adds a directory or file that has to be there, whoever may read it.
  mutating func add(_ key: String, _ path: String) { add(key, path, .status, to: \.ownLooks) }

  /// Adds a look; of a path that is there already, the one that sees more.
  private mutating func add(
    _ key: String, _ path: String, _ kind: Look.Kind, to looks: WritableKeyPath<Self, [Look]>
  ) {
    guard let place = self[keyPath: looks].firstIndex(where: { $0.path == path }) else {
      return self[keyPath: looks].append(Look(kind, path, use: "\(key)\(path)\(owner)"))
    }
    if case .contents(let wanted) = kind {
      guard case .contents(let limit) = self[keyPath: looks][place].kind, limit >= wanted else {
        return self[keyPath: looks][place].kind = kind
      }
    }
  }

  /// Whether there is nothing to look at.
  var isEmpty: Bool { looks.isEmpty && ownLooks.isEmpty }

  /// Has everything looked at, and answers with what was seen, on a thread of the lookout.
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
      // A volume may be a file whose contents are wanted as well.
      if case .contents? = self.seen[look.path] { continue }
      self.seen[look.path] = seen
    }
  }

  /// The first path that does not answer, as a sentence; nil if all do.
  var silence: String? {
    (looks + ownLooks).lazy
      .compactMap { look in seen[look.path]?.silence.map { "\(look.use.dropLast(owner.count)): \($0)" } }.first
  }

  /// Whether nothing could be seen at a path that was looked at.
  func hasNot(_ path: String) -> Bool { if case .failed? = seen[path] { true } else { false } }

  /// The bytes of a file of at most so many.
  ///
  /// - Throws: ``DefinitionFault`` if nobody may read it, ``SystemError`` if it cannot be read; EFBIG for a file that is larger.
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

  /// The clause that follows an error of reading: who needs the right to read; empty for other errors.
  func sentence(for error: SystemError) -> String { reader.sentence(for: error) }
}
