import CSystemd
import TactusLinux

/// A message of sd-bus(3) that is being written or read; the object owns a reference to it.
///
/// Belongs to the bus's queue, like its connection.
final class BusMessage {
  let handle: OpaquePointer
  private var failure: Int32 = 0

  /// Adopts the caller's reference.
  private init(owning handle: OpaquePointer) { self.handle = handle }

  /// A message that sd-bus lends to a callback.
  init(borrowing handle: OpaquePointer) { self.handle = sd_bus_message_ref(handle) }

  deinit { sd_bus_message_unref(handle) }

  /// A method call without arguments, which are written next.
  static func call(_ method: BusMethod, on bus: OpaquePointer) throws(SystemError) -> BusMessage {
    var message: OpaquePointer?
    let answer = sd_bus_message_new_method_call(
      bus, &message, method.service, method.path, method.interface, method.name)
    guard answer >= 0, let message else {
      throw SystemError(code: -answer, operation: "make", subject: "a call of \(method.name)")
    }
    return BusMessage(owning: message)
  }

  // MARK: Writing

  /// Throws the first error of the writes before.
  func checkWritten() throws(SystemError) {
    guard failure == 0 else { throw SystemError(code: failure, operation: "write", subject: "a message") }
  }

  func write(_ text: String) { note(text.withCString { sd_bus_message_append_basic(handle, CChar.s, $0) }) }

  func write(_ flag: Bool) {
    var value: Int32 = flag ? 1 : 0
    note(sd_bus_message_append_basic(handle, CChar.b, &value))
  }

  func write(_ number: UInt64) {
    var value = number
    note(sd_bus_message_append_basic(handle, CChar.t, &value))
  }

  func write(_ number: Int32) {
    var value = number
    note(sd_bus_message_append_basic(handle, CChar.i, &value))
  }

  func write(bits number: UInt32) {
    var value = number
    note(sd_bus_message_append_basic(handle, CChar.u, &value))
  }

  /// Writes a descriptor.
  ///
  /// The message keeps a duplicate, so the caller still owns it.
  func write(descriptor: Int32) {
    var value = descriptor
    note(sd_bus_message_append_basic(handle, CChar.h, &value))
  }

  func write(_ texts: [String]) { array("s") { for text in texts { write(text) } } }

  func write(bytes text: String) {
    var bytes = Array(text.utf8)
    note(sd_bus_message_append_array(handle, CChar.y, &bytes, bytes.count))
  }

  func write(_ numbers: [Int32]) { array("i") { for number in numbers { write(number) } } }

  func array(_ contents: String, _ body: () -> Void) { container(CChar.array, contents, body) }
  func structure(_ contents: String, _ body: () -> Void) { container(CChar.structure, contents, body) }
  func entry(_ contents: String, _ body: () -> Void) { container(CChar.entry, contents, body) }
  func variant(_ contents: String, _ body: () -> Void) { container(CChar.variant, contents, body) }

  private func container(_ kind: CChar, _ contents: String, _ body: () -> Void) {
    note(sd_bus_message_open_container(handle, kind, contents))
    body()
    // Closing a container that was not opened would be a second error, which hides the first.
    if failure == 0 { note(sd_bus_message_close_container(handle)) }
  }

  private func note(_ answer: Int32) { if answer < 0, failure == 0 { failure = -answer } }

  // MARK: Reading

  /// The next value as text; nil if it is not a text.
  func text() -> String? {
    var pointer: UnsafePointer<CChar>?
    guard let kind = nextKind()?.kind, [CChar.s, CChar.o, CChar.g].contains(kind),
      sd_bus_message_read_basic(handle, kind, &pointer) > 0, let pointer
    else { return nil }
    return String(cString: pointer)
  }

  /// The next value as a number of any width; nil if it is not a number.
  func number() -> UInt64? {
    switch nextKind()?.kind {
    case CChar.t: read(CChar.t, UInt64(0)).map { $0 }
    case CChar.x: read(CChar.x, Int64(0)).map { UInt64(bitPattern: $0) }
    case CChar.u: read(CChar.u, UInt32(0)).map { UInt64($0) }
    case CChar.i: read(CChar.i, Int32(0)).map { UInt64(UInt32(bitPattern: $0)) }
    case CChar.b: read(CChar.b, Int32(0)).map { $0 == 0 ? 0 : 1 }
    default: nil
    }
  }

  /// Arrays of bytes, as text; nil if the next value is something else.
  func byteTexts() -> [String]? {
    guard nextKind().map({ $0.kind == CChar.array && $0.contents == "ay" }) == true else { return nil }
    var texts: [String] = []
    _ = enter(CChar.array, "ay") {
      var pointer: UnsafeRawPointer?
      var size = 0
      while sd_bus_message_read_array(handle, CChar.y, &pointer, &size) > 0 {
        texts.append(String(decoding: UnsafeRawBufferPointer(start: pointer, count: size), as: UTF8.self))
      }
    }
    return texts
  }

  /// An array of texts; nil if the next value is something else.
  func texts() -> [String]? {
    var texts: [String] = []
    let isThere = enter(CChar.array, "s") { while let text = text() { texts.append(text) } }
    return isThere ? texts : nil
  }

  /// The path of the first program of `ExecStart=`; nil if the next value is something else, or has no program.
  func programPath() -> String? {
    var path: String?
    _ = enter(CChar.array, "(sasbttttuii)") {
      while enter(
        CChar.structure, "sasbttttuii",
        {
          let text = text()
          path = path ?? text
          skip("asbttttuii")
        })
      {}
    }
    return path
  }

  /// Reads the contents of a container; false if the next value is not such a container, or the message is at its end.
  func enter(_ kind: CChar, _ contents: String?, _ body: () -> Void) -> Bool {
    guard sd_bus_message_enter_container(handle, kind, contents) > 0 else { return false }
    body()
    return sd_bus_message_exit_container(handle) >= 0
  }

  func skip(_ types: String? = nil) { sd_bus_message_skip(handle, types) }

  /// Reads the entries of a dictionary of variants.
  ///
  /// The body gets a name, and may read the value, which is next.
  func properties(_ body: (String) -> Void) {
    _ = enter(CChar.array, "{sv}") {
      while enter(
        CChar.entry, "sv",
        {
          guard let name = text(), let contents = nextKind()?.contents else { return }
          if !UnitState.names.contains(name) { return skip("v") }
          _ = enter(CChar.variant, contents) {
            body(name)
            // Skips a value that the body did not read. At the end of the variant there is nothing to skip.
            if sd_bus_message_at_end(handle, 0) == 0 { skip() }
          }
        })
      {}
    }
  }

  private func nextKind() -> (kind: CChar, contents: String?)? {
    var kind: CChar = 0
    var contents: UnsafePointer<CChar>?
    guard sd_bus_message_peek_type(handle, &kind, &contents) > 0 else { return nil }
    return (kind, contents.map { String(cString: $0) })
  }

  private func read<Value: BitwiseCopyable>(_ kind: CChar, _ initial: Value) -> Value? {
    var value = initial
    return sd_bus_message_read_basic(handle, kind, &value) > 0 ? value : nil
  }
}

/// A method that can be called on the bus.
struct BusMethod {
  var service = "org.freedesktop.systemd1"
  var path = "/org/freedesktop/systemd1"
  var interface = "org.freedesktop.systemd1.Manager"
  var name: String
  /// How long a call waits for the answer; nil for the library's default.
  var patience: Duration?
}

/// The characters of a signature. Source: https://dbus.freedesktop.org/doc/dbus-specification.html#type-system
extension CChar {
  static let s = CChar(UInt8(ascii: "s"))
  static let o = CChar(UInt8(ascii: "o"))
  static let g = CChar(UInt8(ascii: "g"))
  static let b = CChar(UInt8(ascii: "b"))
  static let y = CChar(UInt8(ascii: "y"))
  static let i = CChar(UInt8(ascii: "i"))
  static let u = CChar(UInt8(ascii: "u"))
  static let x = CChar(UInt8(ascii: "x"))
  static let t = CChar(UInt8(ascii: "t"))
  static let h = CChar(UInt8(ascii: "h"))
  static let array = CChar(UInt8(ascii: "a"))
  static let variant = CChar(UInt8(ascii: "v"))
  static let structure = CChar(UInt8(ascii: "r"))
  static let entry = CChar(UInt8(ascii: "e"))
}

extension BusMessage {
  /// Writes a property as `(sv)`.
  func write(_ property: UnitProperty) {
    structure("sv") {
      write(property.name)
      variant(property.value.signature) { write(property.value) }
    }
  }

  private func write(_ value: UnitProperty.Value) {
    switch value {
    case .flag(let flag): write(flag)
    case .text(let text): write(text)
    case .number(let number): write(number)
    case .texts(let texts): write(texts)
    case .descriptor(let descriptor): write(descriptor: descriptor)
    case .program(let path, let arguments):
      array("(sasb)") {
        structure("sasb") {
          write(path)
          write(arguments)
          // Whether a failure is ignored.
          write(false)
        }
      }
    case .files(let files):
      array("(sb)") {
        for file in files {
          structure("sb") {
            write(file.path)
            write(file.isOptional)
          }
        }
      }
    case .pairs(let pairs):
      array("(ss)") {
        for pair in pairs {
          structure("ss") {
            write(pair.name)
            write(pair.path)
          }
        }
      }
    case .existing(let path):
      array("(sbbs)") {
        structure("sbbs") {
          write("AssertPathExists")
          // Neither a trigger condition, nor negated.
          write(false)
          write(false)
          write(path)
        }
      }
    case .fields(let fields): array("ay") { for field in fields { write(bytes: field) } }
    case .exits(let codes, let signals):
      structure("aiai") {
        write(codes)
        write(signals)
      }
    }
  }
}
