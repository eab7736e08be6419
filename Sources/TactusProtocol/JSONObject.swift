/// The text of a JSON object, checked as a whole; the values of members stay text until they are read.
///
/// The check is needed because `JSONDecoder` recurses without a limit, and copies the text before it checks it.
public struct JSONObject: Sendable {
  /// The largest nesting depth of arrays and objects, including the object itself.
  public static let depthLimit = 64

  /// The text from `{` to `}`.
  public let text: [UInt8]
  /// The members, in order.
  public let members: [Member]

  /// A member of an object.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// The range of its value in the text.
    public let value: Range<Int>
  }

  /// Checks a text: one well-formed object in UTF-8, not deeper than the limit, without duplicate names.
  public init(_ text: [UInt8]) throws(JSONProblem) {
    guard String(validating: text, as: UTF8.self) != nil else { throw JSONProblem(reason: "not UTF-8", offset: 0) }
    var scanner = JSONScanner(text, depthLimit: Self.depthLimit)
    let (whole, members) = try scanner.document()
    var names: Set<String> = []
    for member in members where !names.insert(member.name).inserted {
      throw JSONProblem(
        reason: "duplicate name \"\(member.name)\"", offset: member.value.lowerBound, member: member.name)
    }
    self.text = whole == 0..<text.count ? text : Array(text[whole])
    self.members = members.map {
      Member(
        name: $0.name,
        value: $0.value.lowerBound - whole.lowerBound..<$0.value.upperBound - whole.lowerBound)
    }
  }

  /// Returns the text of a member's value; nil if the member is absent or `null`.
  public subscript(name: String) -> [UInt8]? {
    guard let member = members.first(where: { $0.name == name }) else { return nil }
    let value = text[member.value]
    return value.elementsEqual("null".utf8) ? nil : Array(value)
  }

  /// Returns a string; nil if the member is absent.
  func string(_ name: String) throws(MalformedMessage) -> String? {
    guard let value = self[name] else { return nil }
    guard let string = Self.string(quoted: value[...]) else {
      throw MalformedMessage(reason: "\(name) is not a string")
    }
    return string
  }

  /// Returns a boolean; nil if the member is absent.
  func bool(_ name: String) throws(MalformedMessage) -> Bool? {
    guard let value = self[name] else { return nil }
    if value.elementsEqual("true".utf8) { return true }
    if value.elementsEqual("false".utf8) { return false }
    throw MalformedMessage(reason: "\(name) is neither true nor false")
  }

  /// Decodes a checked text with its quotes; nil if it is not a string.
  static func string(quoted text: ArraySlice<UInt8>) -> String? {
    guard text.first == UInt8(ascii: "\"") else { return nil }
    // Escapes are rare, and the names of Tactus have no escapes.
    guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text.dropFirst().dropLast(), as: UTF8.self) }
    // Half a surrogate pair is well-formed JSON, but not a string. The caller handles that.
    return try? JSONReader.read(String.self, from: Array(text))
  }
}

/// The reason why a text is not a valid JSON object.
public struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason.
  public let reason: String
  /// The index of the byte, from 0.
  public let offset: Int
  /// The member of the outermost object with the fault; nil if the fault is outside of members.
  public let member: String?

  init(reason: String, offset: Int, member: String? = nil) {
    self.reason = reason
    self.offset = offset
    self.member = member
  }

  /// The reason and the place.
  public var description: String { "\(reason) at byte \(offset)" }
}
