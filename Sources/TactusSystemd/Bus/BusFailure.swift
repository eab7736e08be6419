/// Why a call on the bus brought nothing.
public enum BusFailure: Error, Hashable, Sendable {
  /// It was not sent, because nobody could be connected to: nothing has happened.
  case unreached(String)
  /// It was sent, and the connection ended before the answer: it may have happened.
  case unanswered(String)
  /// It was refused: the error's name and its sentence.
  case refused(name: String, sentence: String)

  /// Whether there is no such unit.
  public var isNoSuchUnit: Bool { isNamed("org.freedesktop.systemd1.NoSuchUnit") }
  /// Whether there is a unit of that name already.
  public var isUnitExists: Bool { isNamed("org.freedesktop.systemd1.UnitExists") }
  /// Whether the caller has not the right.
  public var isForbidden: Bool {
    isNamed("org.freedesktop.DBus.Error.AccessDenied")
      || isNamed("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
      || isNamed("org.freedesktop.DBus.Error.AuthFailed")
  }
  /// Whether systemd passes on that polkit could not be started: of itself it says nothing of the kind about a new unit.
  public var isOfPolkit: Bool {
    isNamed("org.freedesktop.systemd1.UnitMasked") || isNamed("org.freedesktop.systemd1.NoSuchUnit")
      || isNamed("org.freedesktop.DBus.Error.ServiceUnknown") || isNamed("org.freedesktop.DBus.Error.NameHasNoOwner")
  }
  /// Whether the caller may not do anything with a unit that may be there: it has not the right, or polkit is not to be asked.
  public func keepsFrom(_ unit: String) -> Bool {
    // "Unit NAME not loaded." is systemd's own word, that of polkit.service is about polkit.
    if case .refused(_, let sentence) = self, isNoSuchUnit { return !sentence.contains(unit) }
    return isForbidden || isOfPolkit
  }
  /// Whether what was asked for is wrong, so that asking again changes nothing.
  public var isInvalid: Bool {
    isNamed("org.freedesktop.DBus.Error.InvalidArgs") || isNamed("org.freedesktop.DBus.Error.PropertyReadOnly")
      || isNamed("org.freedesktop.DBus.Error.NotSupported") || isNamed("org.freedesktop.systemd1.BadUnitSetting")
  }

  private func isNamed(_ wanted: String) -> Bool {
    if case .refused(let name, _) = self { name == wanted } else { false }
  }
}

extension BusFailure {
  /// Why, without a word about who should have answered.
  public var reason: String {
    switch self {
    case .unreached(let reason), .unanswered(let reason), .refused(_, let reason): reason
    }
  }
}

extension BusFailure: CustomStringConvertible {
  /// The sentence for the operator.
  public var description: String {
    switch self {
    case .unreached(let reason): "systemd cannot be reached: \(reason)"
    case .unanswered(let reason): "systemd did not answer: \(reason)"
    case .refused(_, let sentence): sentence
    }
  }
}
