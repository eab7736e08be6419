/// One message of the daemon: parameters, whether more follow, or an error.
public struct Reply: Hashable, Sendable {
  /// The text of a JSON object.
  public let parameters: [UInt8]
  /// Whether another reply to the same call follows.
  public let continues: Bool
  /// The full name of the error.
  public let error: String?

  /// Reads a message, without its NUL.
  /// - Throws: ``MalformedMessage``.
  public init(message: [UInt8]) throws(MalformedMessage) {
    let object = try JSONObject(message: message)
    parameters = try object.parameters()
    continues = try object.bool("continues") ?? false
    error = try object.string("error")
  }

  /// The bytes of a good reply on the wire, NUL included.
  public static func message(_ parameters: some Encodable, continues: Bool = false) -> [UInt8] {
    let buffer = JSONBuffer()
    write(parameters, continues: continues, to: buffer)
    return buffer.bytes
  }

  /// The bytes of several replies to the same call, after which others follow.
  public static func messages(_ several: [some Encodable]) -> [UInt8] {
    let buffer = JSONBuffer()
    for parameters in several { write(parameters, continues: true, to: buffer) }
    return buffer.bytes
  }

  private static func write(_ parameters: some Encodable, continues: Bool, to buffer: JSONBuffer) {
    buffer.append(raw: "{\"parameters\":")
    JSONWriter.write(parameters, to: buffer)
    buffer.append(raw: continues ? ",\"continues\":true}\0" : "}\0")
  }

  /// The bytes of an error on the wire, NUL included; the interface is that of the called method.
  public static func message(_ failure: CallFailure, interface: String) -> [UInt8] {
    // A call that names no interface of ours still gets a declared error.
    let own = Interface(rawValue: interface).map { $0 == .service ? .daemon : $0 } ?? .daemon
    let buffer = JSONBuffer()
    buffer.append(raw: "{\"error\":")
    buffer.append(quoted: "\((failure.isOfService ? Interface.service : own).rawValue).\(failure.name)")
    buffer.append(raw: ",\"parameters\":")
    JSONWriter.write(failure.parameters, to: buffer)
    buffer.append(raw: "}\0")
    return buffer.bytes
  }

  /// The error; nil for a good reply.
  ///
  /// An error that this version does not know reads as `unavailable` with its name.
  public var failure: CallFailure? {
    guard let error else { return nil }
    // Parameters that are not as declared leave only the name, and that is told.
    let parameters = try? JSONReader.read(CallFailure.Parameters.self, from: parameters)
    return CallFailure(name: error, parameters: parameters ?? CallFailure.Parameters())
      ?? .unavailable(reason: "the daemon answered with \(error)")
  }

  /// The parameters as the reply of a request.
  /// - Throws: ``MalformedMessage`` if they are not as declared.
  public func read<Value: Decodable>(_ type: Value.Type) throws(MalformedMessage) -> Value {
    do {
      return try JSONReader.read(type, from: parameters)
    } catch {
      throw MalformedMessage(reason: "\(error.name ?? "the reply"): \(error.reason)")
    }
  }
}
