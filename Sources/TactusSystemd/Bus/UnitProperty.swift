/// A property of a transient unit for `StartTransientUnit` of org.freedesktop.systemd1(5).
public struct UnitProperty: Hashable, Sendable {
  /// The name on the bus: `MemoryMax`, `ExecStart`.
  public var name: String
  /// The value.
  public var value: Value

  /// Creates a property.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// The value types of a command's properties.
  public enum Value: Hashable, Sendable {
    /// `b`
    case flag(Bool)
    /// `s`
    case text(String)
    /// `t`: bytes, a number, or microseconds.
    case number(UInt64)
    /// `as`
    case texts([String])
    /// `h`: a descriptor; the message keeps a copy.
    case descriptor(Int32)
    /// `a(sasb)`: a program, and its arguments, which begin with its name.
    case program(path: String, arguments: [String])
    /// `a(sb)`: files, and whether each may be missing.
    case files([File])
    /// `a(ss)`: names and paths.
    case pairs([Pair])
    /// `a(sbbs)`: a path that must exist.
    case existing(String)
    /// `aay`: `NAME=value` as bytes.
    case fields([String])
    /// `(aiai)`: exit codes and signals.
    case exits(codes: [Int32], signals: [Int32])
  }

  /// A path, and whether it may be missing.
  public struct File: Hashable, Sendable {
    /// An absolute path.
    public var path: String
    /// Whether it may be missing.
    public var isOptional: Bool

    /// Creates a file.
    public init(path: String, isOptional: Bool) {
      self.path = path
      self.isOptional = isOptional
    }
  }

  /// A name and a path.
  public struct Pair: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The path.
    public var path: String

    /// Creates a pair.
    public init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }
}

extension UnitProperty.Value {
  /// The signature of the value. Source: https://dbus.freedesktop.org/doc/dbus-specification.html
  var signature: String {
    switch self {
    case .flag: "b"
    case .text: "s"
    case .number: "t"
    case .texts: "as"
    case .descriptor: "h"
    case .program: "a(sasb)"
    case .files: "a(sb)"
    case .pairs: "a(ss)"
    case .existing: "a(sbbs)"
    case .fields: "aay"
    case .exits: "(aiai)"
    }
  }
}
