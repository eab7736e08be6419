import Foundation
import Testing

@testable import TactusProtocol

/// Compares a full sample of a value with the declared fields.
struct ShapeChecker {
  private let definition: VarlinkInterface

  init(_ definition: VarlinkInterface) { self.definition = definition }

  func check(
    _ text: [UInt8], _ fields: [VarlinkInterface.Field], _ place: String, read: ([UInt8]) throws -> Void
  ) throws {
    let whole = try JSONSerialization.jsonObject(with: Data(text))
    try read(text)
    check(whole, .fields(fields), place)
    for path in paths(to: .fields(fields)) {
      let removed = try JSONSerialization.data(withJSONObject: removing(path.names[...], from: whole))
      if path.isOptional {
        #expect(throws: Never.self, "\(place): \(path.names) is optional") { try read(Array(removed)) }
      } else {
        #expect(throws: (any Error).self, "\(place): \(path.names) is not optional") { try read(Array(removed)) }
      }
    }
  }

  private func resolve(_ shape: VarlinkInterface.Shape) -> VarlinkInterface.Shape {
    guard case .named(let name) = shape else { return shape }
    guard let type = definition.types[name] else {
      Issue.record("\(definition.name) does not declare \(name)")
      return shape
    }
    return type
  }

  private func check(_ value: Any, _ shape: VarlinkInterface.Shape, _ place: String) {
    switch resolve(shape) {
    case .bool: #expect((value as? NSNumber).map(isBool) == true, "\(place)")
    case .int:
      #expect((value as? NSNumber).map { !isBool($0) && $0 == NSNumber(value: $0.int64Value) } == true, "\(place)")
    case .float: #expect((value as? NSNumber).map { !isBool($0) } == true, "\(place)")
    case .string: #expect(value is String, "\(place)")
    case .options(let words): #expect((value as? String).map(words.contains) == true, "\(place)")
    case .optional(let inner): check(value, inner, place)
    case .list(let element):
      let list = value as? [Any] ?? []
      #expect(!list.isEmpty, "\(place)")
      for item in list { check(item, element, "\(place)[]") }
    case .map(let element):
      for (key, item) in value as? [String: Any] ?? [:] { check(item, element, "\(place).\(key)") }
    case .fields(let fields):
      let object = value as? [String: Any] ?? [:]
      #expect(Set(object.keys) == Set(fields.map(\.name)), "\(place)")
      for field in fields {
        if let member = object[field.name] { check(member, field.shape, "\(place).\(field.name)") }
      }
    case .named: Issue.record("\(place) has an undeclared type")
    }
  }

  private func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

  /// Returns the path to every field, through objects and the first elements of lists.
  private func paths(to shape: VarlinkInterface.Shape) -> [(names: [String], isOptional: Bool)] {
    switch resolve(shape) {
    case .fields(let fields):
      fields.flatMap { field in
        [(names: [field.name], isOptional: isOptional(field.shape))]
          + paths(to: field.shape).map { (names: [field.name] + $0.names, isOptional: $0.isOptional) }
      }
    case .optional(let inner), .list(let inner): paths(to: inner)
    default: []
    }
  }

  private func isOptional(_ shape: VarlinkInterface.Shape) -> Bool {
    if case .optional = shape { return true }
    return false
  }

  private func removing(_ path: ArraySlice<String>, from value: Any) -> Any {
    if let list = value as? [Any] { return list.map { removing(path, from: $0) } }
    guard var object = value as? [String: Any], let name = path.first else { return value }
    let rest = path.dropFirst()
    if rest.isEmpty {
      object[name] = nil
    } else if let member = object[name] {
      object[name] = removing(rest, from: member)
    }
    return object
  }
}
