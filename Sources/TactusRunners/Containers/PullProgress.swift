/// The progress of a pull, which an engine reports as one JSON object per line.
struct PullProgress {
  /// The failure that the engine reported.
  private(set) var failure: String?
  /// The line that is not complete yet.
  private var line: [UInt8] = []
  private var layers: Set<String> = []
  private var loaded: Set<String> = []

  private static let lineBytes = 64 << 10
  private static let layersAtMost = 1000

  /// `2 of 5 layers`; nil before the first layer.
  var text: String? { layers.isEmpty ? nil : "\(loaded.count) of \(layers.count) layers" }

  mutating func take(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") { endLine() } else if line.count < Self.lineBytes { line.append(byte) }
    }
  }

  mutating func endLine() {
    defer { line = [] }
    guard let said = EngineMessages.read(EngineMessages.Progress.self, from: line) else { return }
    if let error = said.error { failure = error }
    guard let id = said.id, let status = said.status else { return }
    switch status {
    case "Pulling fs layer", "Waiting", "Already exists":
      if layers.count < Self.layersAtMost { layers.insert(id) }
      if status == "Already exists", layers.contains(id) { loaded.insert(id) }
    case "Download complete", "Pull complete":
      // podman also reports this for the whole image, which is not a layer.
      if layers.contains(id) { loaded.insert(id) }
    default: break
    }
  }
}
