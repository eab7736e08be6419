public import TactusModel

/// The answer to a posted write: called once, on any queue, after the commit that made the write durable.
public typealias Answer<Value> = @Sendable (Result<Value, Refusal>) -> Void
