internal import FoundationEssentials

/// Reads Swift values from JSON text that ``JSONObject`` has checked.
enum JSONReader {
  static func read<Value: Decodable>(_ type: Value.Type, from text: [UInt8]) throws(Problem) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text))
    } catch let error as DecodingError {
      throw Problem(error)
    } catch {
      throw Problem(name: nil, reason: "\(error)")
    }
  }

  /// The reason why a text is not a value of the type, and the member with the fault.
  struct Problem: Error {
    /// The outermost member on the way to the fault.
    let name: String?
    let reason: String

    init(name: String?, reason: String) {
      self.name = name
      self.reason = reason
    }

    init(_ error: DecodingError) {
      switch error {
      case .keyNotFound(let key, let context):
        self.init(name: context.codingPath.first?.stringValue ?? key.stringValue, reason: "is missing")
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        self.init(name: context.codingPath.first?.stringValue, reason: context.debugDescription)
      @unknown default:
        self.init(name: nil, reason: "\(error)")
      }
    }
  }
}
