/// One message of a client: a method, its parameters, and how it wants to be answered.
public struct Call: Hashable, Sendable {
  /// The full name: `io.tactus.Jobs.Get`.
  public let method: String
  /// The text of a JSON object.
  public let parameters: [UInt8]
  /// Whether the client takes several replies.
  public let wantsMore: Bool
  /// Whether the client wants no reply at all.
  public let isOneway: Bool
  /// Whether the client wants to speak something else on this connection; refused.
  public let wantsUpgrade: Bool

  /// The part of the method's name before the last dot.
  public var interface: String {
    method.lastIndex(of: ".").map { String(method[..<$0]) } ?? ""
  }

  /// Reads a message, without its NUL; members that Varlink does not know are ignored.
  /// - Throws: ``MalformedMessage``; nothing can be said about what comes after it.
  public init(message: [UInt8]) throws(MalformedMessage) {
    let object = try JSONObject(message: message)
    guard let method = try object.string("method") else { throw MalformedMessage(reason: "method is missing") }
    self.method = method
    parameters = try object.parameters()
    wantsMore = try object.bool("more") ?? false
    isOneway = try object.bool("oneway") ?? false
    wantsUpgrade = try object.bool("upgrade") ?? false
  }

  /// The call of a request.
  public init<R: Request>(_ request: R, oneway: Bool = false) {
    method = R.method
    parameters = JSONWriter.text(request)
    wantsMore = R.isStream
    isOneway = oneway
    wantsUpgrade = false
  }

  /// The bytes on the wire, NUL included.
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

  /// The parameters as a request.
  /// - Throws: `invalidParameter` that names the first one that is missing, unknown or of the wrong type.
  public func read<R: Request>(_ type: R.Type) throws(CallFailure) -> R {
    let object: JSONObject
    do throws(JSONProblem) {
      object = try JSONObject(parameters)
    } catch {
      // The whole message was checked: the one problem that is left is a name that is there twice.
      throw .invalidParameter(parameter: error.member ?? "parameters")
    }
    let known = R.parameters
    for member in object.members where !known.contains(member.name) {
      throw .invalidParameter(parameter: member.name)
    }
    do {
      return try JSONReader.read(type, from: parameters)
    } catch {
      // Only a type that refuses its members together has no member to blame.
      throw .invalidParameter(parameter: error.name ?? MemberDecoder.culprit(type, in: object) ?? "parameters")
    }
  }
}

/// A message that is no Varlink call or reply; the connection cannot go on.
public struct MalformedMessage: Error, Hashable, Sendable {
  /// What is wrong, without a full stop.
  public let reason: String

  /// Wraps a reason.
  public init(reason: String) { self.reason = reason }

  /// The answer to it, as far as one can be sent: it belongs to no method.
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

  /// The text of the parameters' object; an empty one if they are absent.
  func parameters() throws(MalformedMessage) -> [UInt8] {
    guard let parameters = self["parameters"] else { return Array("{}".utf8) }
    guard parameters.first == UInt8(ascii: "{") else { throw MalformedMessage(reason: "parameters is not an object") }
    return parameters
  }
}
