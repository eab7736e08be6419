/// The errors of a call: those that the interfaces declare, and those of `org.varlink.service`.
public enum CallFailure: Error, Hashable, Sendable {
  /// The object does not exist.
  ///
  /// `entity` is `workflow` or `job`. The reason, if there is one, contains the way out.
  case notFound(entity: String, id: String, reason: String? = nil)
  /// A value is invalid; the reason says what is valid.
  case invalid(field: String, reason: String)
  /// The state of the object does not allow the call; the reason contains the way out.
  case conflict(reason: String)
  /// The caller lacks the right; the action names the right and the users who have it.
  case forbidden(action: String)
  /// The daemon is busy; the client may try again after a number of milliseconds.
  case busy(retryAfterMs: Int)
  /// The daemon cannot do this now: it is stopping, or its store cannot be written.
  case unavailable(reason: String)
  /// The client read a stream too slowly, so the stream was ended.
  case tooSlow
  /// The requested events are no longer kept; the reply names the oldest position that is kept.
  case expired(oldest: String)
  /// The interface has no such method.
  case methodNotFound(method: String)
  /// The interface does not exist.
  case interfaceNotFound(interface: String)
  /// The method is declared, but this daemon does not implement it.
  case methodNotImplemented(method: String)
  /// A parameter is missing, unknown, or of the wrong type.
  case invalidParameter(parameter: String)
  /// The method returns a stream and needs `more`.
  case expectedMore
}

extension CallFailure {
  /// The error's name within its interface.
  public var name: String {
    switch self {
    case .notFound: "NotFound"
    case .invalid: "Invalid"
    case .conflict: "Conflict"
    case .forbidden: "Forbidden"
    case .busy: "Busy"
    case .unavailable: "Unavailable"
    case .tooSlow: "TooSlow"
    case .expired: "Expired"
    case .methodNotFound: "MethodNotFound"
    case .interfaceNotFound: "InterfaceNotFound"
    case .methodNotImplemented: "MethodNotImplemented"
    case .invalidParameter: "InvalidParameter"
    case .expectedMore: "ExpectedMore"
    }
  }

  /// Whether the error belongs to `org.varlink.service` and not to the called interface.
  var isOfService: Bool {
    switch self {
    case .notFound, .invalid, .conflict, .forbidden, .busy, .unavailable, .tooSlow, .expired: false
    case .methodNotFound, .interfaceNotFound, .methodNotImplemented, .invalidParameter, .expectedMore: true
    }
  }

  /// The message for people, with a full stop only if it has several sentences.
  public var sentence: String {
    switch self {
    case .notFound(let entity, let id, let reason): "no \(entity) \(id)\(reason.map { ": \($0)" } ?? "")"
    case .invalid(let field, let reason): "\(field): \(reason)"
    case .conflict(let reason), .unavailable(let reason): reason
    case .forbidden(let action): "not permitted: \(action)"
    case .busy(let delay): "the daemon is busy. Try again in \(delay) ms."
    case .tooSlow: "the client read the replies too slowly, so the daemon ended the stream"
    case .expired(let oldest): "the requested events are no longer kept. The oldest kept event is after \(oldest)."
    case .methodNotFound(let method): "the daemon does not know the method \(method)"
    case .interfaceNotFound(let interface): "the daemon does not know the interface \(interface)"
    case .methodNotImplemented(let method): "the daemon does not implement \(method)"
    case .invalidParameter(let parameter): "the parameter \(parameter) is missing, unknown or of the wrong type"
    case .expectedMore: "the method returns a stream and needs \"more\""
    }
  }

  /// The members of all errors; an error sets only its own.
  struct Parameters: Codable {
    var entity: String?
    var id: String?
    var field: String?
    var reason: String?
    var action: String?
    var retryAfterMs: Int?
    var method: String?
    var interface: String?
    var parameter: String?
    var oldest: String?

    enum CodingKeys: String, CodingKey {
      case entity, id, field, reason, action, method, interface, parameter, oldest
      case retryAfterMs = "retry_after_ms"
    }
  }

  var parameters: Parameters {
    switch self {
    case .notFound(let entity, let id, let reason): Parameters(entity: entity, id: id, reason: reason)
    case .invalid(let field, let reason): Parameters(field: field, reason: reason)
    case .conflict(let reason), .unavailable(let reason): Parameters(reason: reason)
    case .forbidden(let action): Parameters(action: action)
    case .busy(let delay): Parameters(retryAfterMs: delay)
    case .methodNotFound(let method), .methodNotImplemented(let method): Parameters(method: method)
    case .interfaceNotFound(let interface): Parameters(interface: interface)
    case .invalidParameter(let parameter): Parameters(parameter: parameter)
    case .tooSlow, .expectedMore: Parameters()
    case .expired(let oldest): Parameters(oldest: oldest)
    }
  }

  /// Reads an error; nil for an unknown one.
  init?(name: String, parameters: Parameters) {
    let short = name.split(separator: ".").last.map(String.init) ?? name
    switch (short, parameters) {
    case ("NotFound", let p): self = .notFound(entity: p.entity ?? "thing", id: p.id ?? "", reason: p.reason)
    case ("Invalid", let p): self = .invalid(field: p.field ?? "", reason: p.reason ?? "")
    case ("Conflict", let p): self = .conflict(reason: p.reason ?? "")
    case ("Forbidden", let p): self = .forbidden(action: p.action ?? "")
    case ("Busy", let p): self = .busy(retryAfterMs: p.retryAfterMs ?? 0)
    case ("Unavailable", let p): self = .unavailable(reason: p.reason ?? "")
    case ("MethodNotFound", let p): self = .methodNotFound(method: p.method ?? "")
    case ("InterfaceNotFound", let p): self = .interfaceNotFound(interface: p.interface ?? "")
    case ("MethodNotImplemented", let p): self = .methodNotImplemented(method: p.method ?? "")
    case ("InvalidParameter", let p): self = .invalidParameter(parameter: p.parameter ?? "")
    case ("TooSlow", _): self = .tooSlow
    case ("Expired", let p): self = .expired(oldest: p.oldest ?? "")
    case ("ExpectedMore", _): self = .expectedMore
    default: return nil
    }
  }
}
