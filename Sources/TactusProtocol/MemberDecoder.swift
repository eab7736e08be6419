/// Reads the members of an object one by one, to find the member with a fault.
///
/// `JSONDecoder` reports no member for a number that fits no type of Swift, or for half a surrogate pair, because it
/// fails before it knows the member. This is slower than one pass, and only for texts that were already refused.
struct MemberDecoder: Decoder {
  private let object: JSONObject

  init(_ object: JSONObject) { self.object = object }

  /// Returns the first member, in reading order, that cannot be read; nil if all members can be read.
  static func culprit<Value: Decodable>(_ type: Value.Type, in object: JSONObject) -> String? {
    do {
      _ = try Value(from: MemberDecoder(object))
      return nil
    } catch let problem as JSONReader.Problem {
      return problem.name
    } catch {
      // The initializer of a type has refused the values.
      return (error as? DecodingError).flatMap { JSONReader.Problem($0).name }
    }
  }

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Members(object: object))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.notAnObject }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Self.notAnObject }

  private static let notAnObject = JSONReader.Problem(name: nil, reason: "the type is not an object")

  private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { object.members.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { object.members.contains { $0.name == key.stringValue } }

    func decodeNil(forKey key: Key) -> Bool { object[key.stringValue] == nil }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      guard let text = object[key.stringValue] else {
        throw JSONReader.Problem(name: key.stringValue, reason: "is missing")
      }
      do throws(JSONReader.Problem) {
        return try JSONReader.read(type, from: text)
      } catch {
        throw JSONReader.Problem(name: key.stringValue, reason: error.reason)
      }
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw MemberDecoder.notAnObject }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw MemberDecoder.notAnObject
    }
    func superDecoder() throws -> any Decoder { throw MemberDecoder.notAnObject }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw MemberDecoder.notAnObject }
  }
}
