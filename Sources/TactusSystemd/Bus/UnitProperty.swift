/// A property of a transient unit, as `StartTransientUnit` of org.freedesktop.systemd1(5) takes it.
public struct UnitProperty: Hashable, Sendable {
  /// The name on the bus: `MemoryMax`, `ExecStart`.
  public var name: String
  /// What it is set to.
  public var value: Value

  /// Puts one together.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// The types that the properties of a command have.
  public enum Value: Hashable, Sendable {
    /// `b`
    case flag(Bool)
    /// `s`
    case text(String)
    /// `t`: bytes, a number, or microseconds.
    case number(UInt64)
    /// `as`
    case texts([String])
    /// `h`: a descriptor, of which the message keeps a copy.
    case descriptor(Int32)
    /// `a(sasb)`: a program, and its arguments with its name in front.
    case program(path: String, arguments: [String])
    /// `a(sb)`: files, and whether each may be missing.
    case files([File])
    /// `a(ss)`: names and paths.
    case pairs([Pair])
    /// `a(sbbs)`: a path that has to be there.
    case existing(String)
    /// `aay`: `NAME=value` as bytes.
    case fields([String])
    /// `(aiai)`: exit codes and signals.
    case exits(codes: [Int32], signals: [Int32])
  }

  /// A path that may be missing, or must not.
  public struct File: Hashable, Sendable {
    /// An absolute path.
    public var path: String
    /// Whether it may be missing.
    public var isOptional: Bool

    /// Puts one together.
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

    /// Puts one together.
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
