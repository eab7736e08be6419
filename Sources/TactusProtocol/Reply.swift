/// A message of the daemon: parameters or an error, and whether more replies follow.
public struct Reply: Hashable, Sendable {
  /// The parameters, as the text of a JSON object.
  public let parameters: [UInt8]
  /// Whether another reply to the same call follows.
  public let continues: Bool
  /// The full name of the error; nil for a good reply.
  public let error: String?

  /// Reads a message, without its NUL.
  ///
  /// - Throws: ``MalformedMessage``.
  public init(message: [UInt8]) throws(MalformedMessage) {
    let object = try JSONObject(message: message)
    parameters = try object.parameters()
    continues = try object.bool("continues") ?? false
    error = try object.string("error")
  }

  /// Returns the bytes of a good reply on the wire, with the NUL.
  public static func message(_ parameters: some Encodable, continues: Bool = false) -> [UInt8] {
    let buffer = JSONBuffer()
    write(parameters, continues: continues, to: buffer)
    return buffer.bytes
  }

  /// Returns the bytes of several replies to the same call, before its last reply.
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

  /// Returns the bytes of an error on the wire, with the NUL.
  ///
  /// - Parameter interface: the interface of the called method.
  public static func message(_ failure: CallFailure, interface: String) -> [UInt8] {
    // A call of an unknown interface also gets a declared error.
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
  /// An unknown error is read as `unavailable`, with its name.
  public var failure: CallFailure? {
    guard let error else { return nil }
    // If the parameters are not as declared, only the name is reported.
    let parameters = try? JSONReader.read(CallFailure.Parameters.self, from: parameters)
    return CallFailure(name: error, parameters: parameters ?? CallFailure.Parameters())
      ?? .unavailable(reason: "the daemon answered with \(error)")
  }

  /// Reads the parameters as the reply of a request.
  ///
  /// - Throws: ``MalformedMessage`` if they are not as declared.
  public func read<Value: Decodable>(_ type: Value.Type) throws(MalformedMessage) -> Value {
    do {
      return try JSONReader.read(type, from: parameters)
    } catch {
      throw MalformedMessage(reason: "\(error.name ?? "the reply"): \(error.reason)")
    }
  }
}
