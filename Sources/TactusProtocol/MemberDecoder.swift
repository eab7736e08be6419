/// Reads the members of an object one by one, so that a fault has its member's name.
///
/// `JSONDecoder` names no place for a number that fits no type of Swift, and none for half a surrogate pair: it stumbles over them
/// before it knows for which member it reads. Slower than one pass, so it is for texts that were refused already.
struct MemberDecoder: Decoder {
  private let object: JSONObject

  init(_ object: JSONObject) { self.object = object }

  /// The first member, in the order in which the type reads them, that cannot be read; nil if all can.
  static func culprit<Value: Decodable>(_ type: Value.Type, in object: JSONObject) -> String? {
    do {
      _ = try Value(from: MemberDecoder(object))
      return nil
    } catch let problem as JSONReader.Problem {
      return problem.name
    } catch {
      // A type's own initializer that refuses what it has read.
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

  private static let notAnObject = JSONReader.Problem(name: nil, reason: "the type is no object")

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
