/// A message of a client: a method, its parameters, and the kind of reply.
public struct Call: Hashable, Sendable {
  /// The full name of the method: `io.tactus.Jobs.Get`.
  public let method: String
  /// The parameters, as the text of a JSON object.
  public let parameters: [UInt8]
  /// Whether the client accepts several replies.
  public let wantsMore: Bool
  /// Whether the client wants no reply.
  public let isOneway: Bool
  /// Whether the client wants to switch this connection to another protocol, which is refused.
  public let wantsUpgrade: Bool

  /// The part of the method's name before the last dot.
  public var interface: String {
    method.lastIndex(of: ".").map { String(method[..<$0]) } ?? ""
  }

  /// Reads a message, without its NUL; unknown members are ignored.
  ///
  /// - Throws: ``MalformedMessage``; the rest of the connection cannot be read after it.
  public init(message: [UInt8]) throws(MalformedMessage) {
    let object = try JSONObject(message: message)
    guard let method = try object.string("method") else { throw MalformedMessage(reason: "method is missing") }
    self.method = method
    parameters = try object.parameters()
    wantsMore = try object.bool("more") ?? false
    isOneway = try object.bool("oneway") ?? false
    wantsUpgrade = try object.bool("upgrade") ?? false
  }

  /// Creates the call of a request.
  public init<R: Request>(_ request: R, oneway: Bool = false) {
    method = R.method
    parameters = JSONWriter.text(request)
    wantsMore = R.isStream
    isOneway = oneway
    wantsUpgrade = false
  }

  /// The bytes on the wire, with the NUL.
  public var message: [UInt8] {
    let buffer = JSONBuffer()
    buffer.append(raw: "{\"method\":")
    buffer.append(quoted: method)
    buffer.append(raw: ",\"parameters\":")
    buffer.bytes.append(contentsOf: parameters)
    if wantsMore { buffer.append(raw: ",\"more\":true") }
    if isOneway { buffer.append(raw: ",\"oneway\":true") }
    if wantsUpgrade { buffer.append(raw: ",\"upgrade\":true") }
    buffer.append(raw: "}\0")
    return buffer.bytes
  }

  /// Reads the parameters as a request.
  ///
  /// - Throws: `invalidParameter` with the first parameter that is missing, unknown or of the wrong type.
  public func read<R: Request>(_ type: R.Type) throws(CallFailure) -> R {
    let object: JSONObject
    do throws(JSONProblem) {
      object = try JSONObject(parameters)
    } catch {
      // The whole message was checked before: the only remaining problem is a duplicate name.
      throw .invalidParameter(parameter: error.member ?? "parameters")
    }
    let known = R.parameters
    for member in object.members where !known.contains(member.name) {
      throw .invalidParameter(parameter: member.name)
    }
    do {
      return try JSONReader.read(type, from: parameters)
    } catch {
      // A type that refuses a combination of members has no single member to report.
      throw .invalidParameter(parameter: error.name ?? MemberDecoder.culprit(type, in: object) ?? "parameters")
    }
  }
}

/// A message that is not a Varlink call or reply; the connection is unusable after it.
public struct MalformedMessage: Error, Hashable, Sendable {
  /// The reason, without a full stop.
  public let reason: String

  /// Creates an error.
  public init(reason: String) { self.reason = reason }

  /// The reply to such a message, which belongs to no method.
  public var failure: CallFailure { .invalid(field: "message", reason: reason) }
}

extension JSONObject {
  /// Reads a message.
  init(message: [UInt8]) throws(MalformedMessage) {
    do {
      try self.init(message)
    } catch {
      throw MalformedMessage(reason: error.description)
    }
  }

  /// Returns the text of the parameters, an empty object if they are absent.
  func parameters() throws(MalformedMessage) -> [UInt8] {
    guard let parameters = self["parameters"] else { return Array("{}".utf8) }
    guard parameters.first == UInt8(ascii: "{") else { throw MalformedMessage(reason: "parameters is not an object") }
    return parameters
  }
}
