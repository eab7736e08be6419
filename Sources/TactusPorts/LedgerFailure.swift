/// Why the ledger did not do what was asked; in every case nothing was changed.
public enum LedgerFailure: Error, Hashable, Sendable {
  /// No such thing: `entity` is `workflow` or `job`.
  case notFound(entity: String, id: String)
  /// It cannot be done to this thing now; the reason names the way out.
  case conflict(reason: String)
  /// The request itself is wrong.
  case invalid(field: String, reason: String)
  /// The store cannot write now (disk full, I/O error, stopping); the reason is for operators.
  case unavailable(reason: String)
}

extension LedgerFailure: CustomStringConvertible {
  /// The sentence for the operator.
  public var description: String {
    switch self {
    case .notFound(let entity, let id): "no \(entity) \(id)"
    case .conflict(let reason), .unavailable(let reason): reason
    case .invalid(let field, let reason): "\(field): \(reason)"
    }
  }
}

/// How a posted write is answered: once, on any queue, after the commit that made it durable.
public typealias Answer<Value> = @Sendable (Result<Value, LedgerFailure>) -> Void
