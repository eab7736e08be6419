import FoundationEssentials

/// The inputs of `Tests/Corpora/NAME/`, one per file.
public struct Corpus: Sendable {
  /// One input.
  public struct Input: Sendable, CustomStringConvertible {
    /// The file's name.
    public let description: String
    /// Its content.
    public let bytes: [UInt8]
  }

  /// All inputs, in the order of their names.
  public let inputs: [Input]

  /// Reads all files of a corpus.
  public init(_ name: String) throws {
    let directory = Self.root.appending(path: name)
    inputs = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted().map { file in
      Input(description: file, bytes: Array(try Data(contentsOf: directory.appending(path: file))))
    }
  }

  /// The directory of all corpora, `Tests/Corpora`.
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Corpora")
}
