import TactusModel

/// Encodes one value: remembers whether it is an object or an array, to close it.
final class JSONPlace: Encoder {
  private let buffer: JSONBuffer
  private var closer: Unicode.Scalar?
  private var isEmpty = true

  init(_ buffer: JSONBuffer) { self.buffer = buffer }

  // Empty: the path is only for error messages, and writing does not fail.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    open("{", closer: "}")
    return KeyedEncodingContainer(Members(place: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    open("[", closer: "]")
    return Elements(place: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(place: self) }

  func close() {
    if let closer { buffer.append(closer) }
  }

  private func open(_ opener: Unicode.Scalar, closer: Unicode.Scalar) {
    if self.closer != nil { fatalError("a wire type asked for a second container") }
    self.closer = closer
    buffer.append(opener)
  }

  private func separate() {
    if !isEmpty { buffer.append(",") }
    isEmpty = false
  }

  private func write<Value: Encodable>(_ value: Value) throws {
    if let instant = value as? Instant { return instant.write(to: buffer) }
    if let scalar = value as? any JSONScalar { return scalar.write(to: buffer) }
    let place = JSONPlace(buffer)
    try value.encode(to: place)
    place.close()
  }

  private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let place: JSONPlace
    var codingPath: [any CodingKey] { [] }

    private func name(_ key: Key) {
      place.separate()
      // The names of Tactus need no escapes.
      place.buffer.append("\"")
      place.buffer.append(raw: key.stringValue)
      place.buffer.append("\"")
      place.buffer.append(":")
    }

    func encodeNil(forKey key: Key) {
      name(key)
      place.buffer.append(raw: "null")
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
      name(key)
      try place.write(value)
    }

    // The following avoid a cast at run time for the most frequent types.
    func encode(_ value: String, forKey key: Key) {
      name(key)
      value.write(to: place.buffer)
    }

    func encode(_ value: Int, forKey key: Key) {
      name(key)
      value.write(to: place.buffer)
    }

    func encode(_ value: Int64, forKey key: Key) {
      name(key)
      value.write(to: place.buffer)
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy: Nested.Type, forKey: Key
    ) -> KeyedEncodingContainer<Nested> { JSONPlace.refuseNesting() }
    func nestedUnkeyedContainer(forKey: Key) -> any UnkeyedEncodingContainer { JSONPlace.refuseNesting() }
    func superEncoder() -> any Encoder { JSONPlace.refuseNesting() }
    func superEncoder(forKey: Key) -> any Encoder { JSONPlace.refuseNesting() }
  }

  private struct Elements: UnkeyedEncodingContainer {
    let place: JSONPlace
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(place: JSONPlace) { self.place = place }

    mutating func encodeNil() {
      count += 1
      place.separate()
      place.buffer.append(raw: "null")
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
      count += 1
      place.separate()
      try place.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
      JSONPlace.refuseNesting()
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { JSONPlace.refuseNesting() }
    func superEncoder() -> any Encoder { JSONPlace.refuseNesting() }
  }

  private struct Single: SingleValueEncodingContainer {
    let place: JSONPlace
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { place.buffer.append(raw: "null") }

    func encode<Value: Encodable>(_ value: Value) throws { try place.write(value) }
  }

  /// Traps: text is written in order, so nested containers are unsupported.
  ///
  /// Synthesized conformances never use them.
  private static func refuseNesting() -> Never {
    fatalError("wire types are written in one pass. Use a separate type for the nested value.")
  }
}
