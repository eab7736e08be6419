import TactusHTTP
import TactusModel

/// A refusal by an engine.
///
/// podman and dockerd differ in words and statuses.
struct EngineRefusal: Sendable {
  let status: Int
  /// The message for the operator.
  let sentence: String
  private let words: String

  init(_ response: HTTPResponse) {
    let body = EngineMessages.read(EngineMessages.Refusal.self, from: response.body)
    let message = body?.message ?? String(decoding: response.body.prefix(200), as: UTF8.self)
    self.init(status: response.status, message: message, cause: body?.cause ?? "")
  }

  init(status: Int, message: String, cause: String = "") {
    self.status = status
    sentence = message.isEmpty ? "the engine answered with status \(status)" : Self.line(message)
    words = "\(message) \(cause)".lowercased()
  }

  /// Whether the requested thing does not exist.
  var isNotFound: Bool { status == 404 }

  /// Whether a container of that name exists already.
  var isNameInUse: Bool { words.contains("already in use") }

  /// Whether the job cannot run as defined, so that a retry would fail again.
  ///
  /// Otherwise the engine is at fault.
  var isAboutTheJob: Bool { status == 400 || status == 404 || Self.signs.contains { words.contains($0) } }

  /// Words that show that a 500 is about the job. Source: answers of podman 4.3.1 and dockerd 20.10.24
  private static let signs = [
    "invalid reference format", "normalizing image", "names must match", "invalid argument", "invalid option",
    "invalid mode", "duplicate mount", "mount destination", "unable to find network", "network not found",
    "command that was not found", "permission denied: oci", "oci permission denied", "executable file",
    "unable to find user", "unable to find group", "no matching entries", "is not a directory", "no such file",
    "memory limit could be too low", "no such image", "manifest unknown", "name unknown", "not found: manifest",
    "requested access to the resource is denied", "unauthorized", "bind source path does not exist",
  ]

  /// One line of at most 500 characters.
  private static func line(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let shown = Concealment.withoutSecretsOfURLs(line)
    return shown.count <= 500 ? shown : "\(shown.prefix(500))…"
  }

  /// The same refusal without the parts of the job that the engine repeats.
  func concealing(_ concealment: Concealment) -> EngineRefusal {
    EngineRefusal(status: status, sentence: concealment.applied(to: sentence), words: words)
  }

  private init(status: Int, sentence: String, words: String) {
    (self.status, self.sentence, self.words) = (status, sentence, words)
  }
}
