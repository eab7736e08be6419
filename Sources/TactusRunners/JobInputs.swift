import Glibc
import TactusLinux
import TactusModel

/// What the daemon reads for a job before it starts, wherever that lies: each path is looked at once, and may not answer.
struct JobInputs {
  /// What is to be looked at.
  private(set) var looks: [Look] = []
  private var seen: [String: Looked] = [:]
  private let owner: String

  /// Nothing yet, for a job of a workflow or of none.
  init(of workflow: WorkflowName?) { owner = workflow.map { " of workflow \($0)" } ?? "" }

  /// The files of a definition.
  init(_ files: [EnvironmentFile], of workflow: WorkflowName?) {
    self.init(of: workflow)
    for file in files { add("EnvironmentFile=", file.path, .contents(limit: EnvironmentLines.limit + 1)) }
  }

  /// The files and the secrets of a command.
  init(_ command: Command, of workflow: WorkflowName?, _ credentials: CredentialDirectories) {
    self.init(command.environmentFiles, of: workflow)
    for credential in command.credentials {
      guard let path = credentials.source(of: credential) else { continue }
      add("LoadCredential=\(credential.name):", path, .contents(limit: Limits.credentialBytes + 1))
    }
  }

  /// Adds a look; of a path that is there already, the one that sees more.
  mutating func add(_ key: String, _ path: String, _ kind: Look.Kind) {
    guard let place = looks.firstIndex(where: { $0.path == path }) else {
      return looks.append(Look(kind, path, use: "\(key)\(path)\(owner)"))
    }
    if case .contents(let wanted) = kind {
      guard case .contents(let limit) = looks[place].kind, limit >= wanted else { return looks[place].kind = kind }
    }
  }

  /// Takes what was seen, in the order of the looks.
  mutating func take(_ seen: [Looked]) {
    for (look, seen) in zip(looks, seen) { self.seen[look.path] = seen }
  }

  /// The first path that does not answer, as a sentence; nil if all do.
  var silence: String? {
    looks.lazy.compactMap { look in seen[look.path]?.silence.map { "\(look.use.dropLast(owner.count)): \($0)" } }.first
  }

  /// What was seen of a path that was looked at.
  func seen(_ path: String) -> Looked {
    guard let seen = seen[path] else { fatalError("\(path) is read, and was not looked at") }
    return seen
  }

  /// Whether nothing could be seen at a path that was looked at.
  func hasNot(_ path: String) -> Bool { if case .failed = seen(path) { true } else { false } }

  /// The bytes of a file of at most so many.
  ///
  /// - Throws: ``SystemError``; EFBIG for a file that is larger.
  func bytes(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    switch seen(path) {
    case .contents(let bytes, _):
      guard bytes.count <= limit else { throw SystemError(code: EFBIG, operation: "read", subject: path) }
      return bytes
    case .failed(let error): throw error
    case .silent: throw SystemError(code: ETIMEDOUT, operation: "read", subject: path)
    case .status, .names: fatalError("\(path) was looked at, and not into")
    }
  }
}
