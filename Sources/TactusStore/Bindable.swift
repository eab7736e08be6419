internal import CSQLite
internal import TactusModel

/// A value that a statement takes.
protocol Bindable {
  func bind(to statement: OpaquePointer, at index: Int32)
}

/// Makes SQLite copy the bytes before the call returns. Source: https://www.sqlite.org/c3ref/c_static.html
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Int64: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, self) }
}

extension Int: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, Int64(self)) }
}

extension Bool: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, self ? 1 : 0) }
}

extension String: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    var copy = self
    copy.withUTF8 { bytes in
      // A null start would bind NULL; the empty text is a text.
      if let start = bytes.baseAddress {
        start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
          _ = sqlite3_bind_text(statement, index, $0, Int32(bytes.count), transient)
        }
      } else {
        sqlite3_bind_text(statement, index, "", 0, transient)
      }
    }
  }
}

extension Array: Bindable where Element == UInt8 {
  func bind(to statement: OpaquePointer, at index: Int32) {
    withUnsafeBytes { bytes in
      if let start = bytes.baseAddress {
        _ = sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), transient)
      } else {
        sqlite3_bind_zeroblob(statement, index, 0)
      }
    }
  }
}

extension Optional: Bindable where Wrapped: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    if let self { self.bind(to: statement, at: index) } else { sqlite3_bind_null(statement, index) }
  }
}

extension Instant: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { microseconds.bind(to: statement, at: index) }
}

extension Duration: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { microseconds.bind(to: statement, at: index) }
}

extension JobID: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    let halves = (high.bigEndian, low.bigEndian)
    withUnsafeBytes(of: halves) { bytes in
      _ = sqlite3_bind_blob64(statement, index, bytes.baseAddress, 16, transient)
    }
  }
}

extension WorkflowID: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { number.bind(to: statement, at: index) }
}

extension WorkflowName: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { text.bind(to: statement, at: index) }
}

extension QueueName: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { text.bind(to: statement, at: index) }
}

extension Bindable where Self: RawRepresentable, RawValue == String {
  func bind(to statement: OpaquePointer, at index: Int32) { rawValue.bind(to: statement, at: index) }
}

extension JobStatus: Bindable {}
extension Phase: Bindable {}
extension Wait: Bindable {}
extension Trigger: Bindable {}
extension Kind: Bindable {}
extension RunnerName: Bindable {}
extension ErrorCode: Bindable {}
extension BuildStatus: Bindable {}
extension EventType: Bindable {}
extension StopReason: Bindable {}
extension Overlap: Bindable {}
extension Misfire: Bindable {}
extension Decision.Reason: Bindable {}
extension Workflow.Origin: Bindable {}
extension Workflow.State: Bindable {}
extension Workflow.TerminatedReason: Bindable {}
