/// The failure of a call on the bus.
public enum BusFailure: Error, Hashable, Sendable {
  /// It was not sent, because there is no connection, for this reason. It has no effect.
  case unreached(String)
  /// It was sent, and the connection ended before the answer, for this reason. It may have an effect.
  case unanswered(String)
  /// It was refused: the error's name and its message.
  case refused(name: String, sentence: String)

  /// Whether the unit does not exist.
  public var isNoSuchUnit: Bool { isNamed("org.freedesktop.systemd1.NoSuchUnit") }
  /// Whether a unit of that name exists already.
  public var isUnitExists: Bool { isNamed("org.freedesktop.systemd1.UnitExists") }
  /// Whether the caller lacks the right.
  public var isForbidden: Bool {
    isNamed("org.freedesktop.DBus.Error.AccessDenied")
      || isNamed("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
      || isNamed("org.freedesktop.DBus.Error.AuthFailed")
  }
  /// Whether systemd reports that polkit could not be started.
  ///
  /// For a new unit, systemd has no such error itself.
  public var isOfPolkit: Bool {
    isNamed("org.freedesktop.systemd1.UnitMasked") || isNamed("org.freedesktop.systemd1.NoSuchUnit")
      || isNamed("org.freedesktop.DBus.Error.ServiceUnknown") || isNamed("org.freedesktop.DBus.Error.NameHasNoOwner")
  }
  /// Whether the caller may not act on a unit that may exist: it lacks the right, or polkit does not answer.
  public func keepsFrom(_ unit: String) -> Bool {
    // "Unit NAME not loaded." is about the unit itself. With polkit.service as NAME it is about polkit.
    if case .refused(_, let sentence) = self, isNoSuchUnit { return !sentence.contains(unit) }
    return isForbidden || isOfPolkit
  }
  /// Whether the call itself is invalid, so that another attempt would also fail.
  public var isInvalid: Bool {
    isNamed("org.freedesktop.DBus.Error.InvalidArgs") || isNamed("org.freedesktop.DBus.Error.PropertyReadOnly")
      || isNamed("org.freedesktop.DBus.Error.NotSupported") || isNamed("org.freedesktop.systemd1.BadUnitSetting")
  }

  private func isNamed(_ wanted: String) -> Bool {
    if case .refused(let name, _) = self { name == wanted } else { false }
  }
}

extension BusFailure {
  /// The reason, without "systemd cannot be reached".
  public var reason: String {
    switch self {
    case .unreached(let reason), .unanswered(let reason), .refused(_, let reason): reason
    }
  }
}

extension BusFailure: CustomStringConvertible {
  /// The message for the operator.
  public var description: String {
    switch self {
    case .unreached(let reason): "systemd cannot be reached: \(reason)"
    case .unanswered(let reason): "systemd did not answer: \(reason)"
    case .refused(_, let sentence): sentence
    }
  }
}
