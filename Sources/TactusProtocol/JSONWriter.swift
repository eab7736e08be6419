import TactusModel

/// Writes Swift values as compact JSON: members in declaration order, without nil optionals.
///
/// `JSONEncoder` first builds a dictionary of every object. It costs two to four times as much, and shuffles the
/// members that people read in `--json=short`.
enum JSONWriter {
  static func write(_ value: some Encodable, to buffer: JSONBuffer) {
    do {
      let place = JSONPlace(buffer)
      try value.encode(to: place)
      place.close()
    } catch {
      fatalError("a wire type cannot be written as JSON: \(error)")
    }
  }

  static func text(_ value: some Encodable) -> [UInt8] {
    let buffer = JSONBuffer()
    write(value, to: buffer)
    return buffer.bytes
  }
}

/// A growing buffer of JSON text.
final class JSONBuffer {
  var bytes: [UInt8] = []

  func append(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }

  func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

  func append(quoted text: String) {
    append("\"")
    if Self.needsEscape(text) {
      for byte in text.utf8 { append(escaped: byte) }
    } else {
      bytes.append(contentsOf: text.utf8)
    }
    append("\"")
  }

  private static func needsEscape(_ text: String) -> Bool {
    let span = text.utf8.span
    for index in span.indices {
      let byte = span[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
    }
    return false
  }

  private func append(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      append("\\")
      bytes.append(byte)
    case UInt8(ascii: "\n"): append(raw: "\\n")
    case UInt8(ascii: "\r"): append(raw: "\\r")
    case UInt8(ascii: "\t"): append(raw: "\\t")
    case 0..<0x20: append(raw: (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
    default: bytes.append(byte)
    }
  }
}

/// A value that is written without a ``JSONPlace``: most values of a reply, and so most of its cost.
protocol JSONScalar {
  func write(to buffer: JSONBuffer)
}

extension String: JSONScalar {
  func write(to buffer: JSONBuffer) { buffer.append(quoted: self) }
}

extension Bool: JSONScalar {
  func write(to buffer: JSONBuffer) { buffer.append(raw: self ? "true" : "false") }
}

extension Int: JSONScalar {
  func write(to buffer: JSONBuffer) { buffer.append(raw: String(self)) }
}

extension Int64: JSONScalar {
  func write(to buffer: JSONBuffer) { buffer.append(raw: String(self)) }
}

extension Double: JSONScalar {
  // The shortest text that reads back as the same number; all numbers in replies are finite.
  func write(to buffer: JSONBuffer) { buffer.append(raw: description) }
}

extension Instant: JSONScalar {
  func write(to buffer: JSONBuffer) {
    // An instant contains no character that needs an escape.
    buffer.append("\"")
    buffer.append(raw: description)
    buffer.append("\"")
  }
}

extension JSONScalar where Self: RawRepresentable<String> {
  func write(to buffer: JSONBuffer) { buffer.append(quoted: rawValue) }
}

extension JobStatus: JSONScalar {}
extension Phase: JSONScalar {}
extension Trigger: JSONScalar {}
extension Wait: JSONScalar {}
extension Kind: JSONScalar {}
extension ErrorCode: JSONScalar {}
extension Explanation.Outcome: JSONScalar {}
extension Workflow.State: JSONScalar {}
extension Workflow.Origin: JSONScalar {}
extension Workflow.TerminatedReason: JSONScalar {}
extension LogStream: JSONScalar {}
