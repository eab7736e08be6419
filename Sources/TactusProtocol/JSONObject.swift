/// The text of one JSON object, checked as a whole; its members' values stay text until somebody reads them.
///
/// The check is what `JSONDecoder` would find out too late: it recurses without a bound and copies before it looks.
public struct JSONObject: Sendable {
  /// How deep arrays and objects may nest, the object itself included.
  public static let depthLimit = 64

  /// The text, from `{` to `}`.
  public let text: [UInt8]
  /// Names and values, in order.
  public let members: [Member]

  /// One member of an object.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Where its value's text is.
    public let value: Range<Int>
  }

  /// Checks a text: an object, well-formed to its end, in UTF-8, no deeper than the limit, and no name in it twice.
  public init(_ text: [UInt8]) throws(JSONProblem) {
    guard String(validating: text, as: UTF8.self) != nil else { throw JSONProblem(reason: "not UTF-8", offset: 0) }
    var scanner = JSONScanner(text, depthLimit: Self.depthLimit)
    let (whole, members) = try scanner.document()
    var names: Set<String> = []
    for member in members where !names.insert(member.name).inserted {
      throw JSONProblem(
        reason: "\"\(member.name)\" is there twice", offset: member.value.lowerBound, member: member.name)
    }
    self.text = whole == 0..<text.count ? text : Array(text[whole])
    self.members = members.map {
      Member(
        name: $0.name,
        value: $0.value.lowerBound - whole.lowerBound..<$0.value.upperBound - whole.lowerBound)
    }
  }

  /// The text of a member's value; nil if there is no such member, or it is `null`.
  public subscript(name: String) -> [UInt8]? {
    guard let member = members.first(where: { $0.name == name }) else { return nil }
    let value = text[member.value]
    return value.elementsEqual("null".utf8) ? nil : Array(value)
  }

  /// A member that is a string, or absent.
  func string(_ name: String) throws(MalformedMessage) -> String? {
    guard let value = self[name] else { return nil }
    guard let string = Self.string(quoted: value[...]) else {
      throw MalformedMessage(reason: "\(name) is not a string")
    }
    return string
  }

  /// A member that is true or false, or absent.
  func bool(_ name: String) throws(MalformedMessage) -> Bool? {
    guard let value = self[name] else { return nil }
    if value.elementsEqual("true".utf8) { return true }
    if value.elementsEqual("false".utf8) { return false }
    throw MalformedMessage(reason: "\(name) is neither true nor false")
  }

  /// The string that a checked text with its quotes means; nil if it is not a string.
  static func string(quoted text: ArraySlice<UInt8>) -> String? {
    guard text.first == UInt8(ascii: "\"") else { return nil }
    // Escapes are rare here, and none of our own names has any.
    guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text.dropFirst().dropLast(), as: UTF8.self) }
    // Half a surrogate pair is well-formed JSON and no string: the caller has its own answer to that.
    return try? JSONReader.read(String.self, from: Array(text))
  }
}

/// Why a text is no JSON object that we take.
public struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let reason: String
  /// At which byte, from 0.
  public let offset: Int
  /// The member of the outermost object that is to blame; nil if the text is no such object.
  public let member: String?

  init(reason: String, offset: Int, member: String? = nil) {
    self.reason = reason
    self.offset = offset
    self.member = member
  }

  /// The reason and the place.
  public var description: String { "\(reason) at byte \(offset)" }
}
