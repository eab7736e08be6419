public import TactusModel

// The words of the model are also the words on the wire.
extension JobStatus: Codable {}
extension Phase: Codable {}
extension Trigger: Codable {}
extension Wait: Codable {}
extension Kind: Codable {}
extension RunnerName: Codable {}
extension ErrorCode: Codable {}
extension Explanation.Outcome: Codable {}
extension BuildStatus: Codable {}
extension Workflow.State: Codable {}
extension Workflow.Origin: Codable {}
extension Workflow.TerminatedReason: Codable {}

extension Instant: Codable {
  /// Reads RFC 3339 with an offset.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let instant = Instant(rfc3339: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 instant")
    }
    self = instant
  }

  /// Writes RFC 3339 in UTC with microseconds.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Word: Codable {
  /// Reads any text, because a newer daemon may have more words.
  public init(from decoder: any Decoder) throws {
    self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
