internal import CSQLite
internal import TactusModel

/// A value that can be bound to a parameter of a statement.
///
/// Each type has exactly one form in the tables, and ``Row`` reads that form back. A number is INTEGER, a text or a
/// word is TEXT, bytes and the id of a job are BLOB. The tables are STRICT, so SQLite refuses a value that it cannot
/// convert to the type of its column. Source: https://www.sqlite.org/stricttables.html
protocol Bindable {
  /// Binds the value to one parameter of a statement that is not running; SQLite has copied the bytes when it returns.
  ///
  /// - Parameters:
  ///   - statement: a prepared statement, used on one queue only.
  ///   - index: the number of the parameter, from 1. A number beyond the last parameter has no effect.
  func bind(to statement: OpaquePointer, at index: Int32)
}

/// Makes SQLite copy the bytes before the call returns, because a Swift buffer is valid only inside the call that lends
/// it.
///
/// Source: https://www.sqlite.org/c3ref/c_static.html
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Binds a number as INTEGER, unchanged: row numbers, fence tokens, event numbers, bytes.
extension Int64: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, self) }
}

/// Binds a number as INTEGER of eight bytes, like ``Swift/Int64``: counts, generations, process ids.
extension Int: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, Int64(self)) }
}

/// Binds 1 for true and 0 for false, which are the only values that the CHECKs of such columns allow.
extension Bool: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, self ? 1 : 0) }
}

/// Binds the UTF-8 bytes of a text as TEXT, also an empty text and NUL characters inside.
///
/// The empty text is not NULL: a column with NOT NULL accepts it.
extension String: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    var copy = self
    copy.withUTF8 { bytes in
      // A null pointer would bind NULL instead of the empty text.
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

/// Binds bytes as BLOB, unchanged; no bytes are a BLOB of length zero and not NULL.
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

/// Binds NULL for nil, and else the form of the value.
///
/// SQL compares NULL with nothing, so a statement that matches nil uses `IS` or `ifnull`.
extension Optional: Bindable where Wrapped: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    if let self { self.bind(to: statement, at: index) } else { sqlite3_bind_null(statement, index) }
  }
}

/// Binds microseconds since 1970-01-01T00:00:00Z, negative before.
///
/// These columns hold times of the wall clock, and their names end in `_at`. Any instant is bound; ``Row/instant(_:)``
/// accepts only those with a year of four digits.
extension Instant: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { microseconds.bind(to: statement, at: index) }
}

/// Binds whole microseconds, truncated toward zero.
///
/// For intervals, time-outs, run times, start delays and the phases of a request. Only some of their names end in
/// `_us`.
extension Duration: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { microseconds.bind(to: statement, at: index) }
}

/// Binds the 16 bytes of the UUID, most significant byte first, so that SQLite sorts ids by creation.
///
/// The CHECKs of the tables require this length. The text form is used only at the edge: in messages and on the wire.
extension JobID: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) {
    let halves = (high.bigEndian, low.bigEndian)
    withUnsafeBytes(of: halves) { bytes in
      _ = sqlite3_bind_blob64(statement, index, bytes.baseAddress, 16, transient)
    }
  }
}

/// Binds the row number of a workflow, `workflows.id`; positive, and never used again after a deletion.
extension WorkflowID: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { number.bind(to: statement, at: index) }
}

/// Binds the text of a valid name; SQLite compares it byte by byte, like the operators of the type.
extension WorkflowName: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { text.bind(to: statement, at: index) }
}

/// Binds the text of a valid name: `command`. Queues have no table, because their limits come from files.
extension QueueName: Bindable {
  func bind(to statement: OpaquePointer, at index: Int32) { text.bind(to: statement, at: index) }
}

/// Binds the word of an enumeration as TEXT, spelled as on the wire: `RUNNING`, `waiting_for_provider`.
///
/// Where a CHECK lists the words of a column, a test compares the list with the enumeration.
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
