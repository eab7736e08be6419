import Glibc
import TactusLinux
import TactusProtocol
import TactusTransport

/// Why a verb failed: the subject, the reason, and the way out.
struct Complaint: Error, Equatable {
  /// The message, with a full stop only if it has several sentences; nil if it was already printed.
  let sentence: String?
  let code: ExitCode

  init(_ sentence: String?, _ code: ExitCode) {
    self.sentence = sentence
    self.code = code
  }

  static func usage(_ sentence: String) -> Complaint { Complaint(sentence, .usage) }

  /// Converts any error that a verb can throw.
  init(_ error: any Error) {
    switch error {
    case let complaint as Complaint: self = complaint
    case let error as ControlError: self.init(error)
    case let malformed as MalformedMessage:
      self.init(
        "the daemon sent a malformed answer: \(malformed.reason). Check that tactusd and tactusctl have the same "
          + "version.",
        .failed)
    case let error as SystemError: self.init(error.description, .failed)
    default: self.init("\(error)", .failed)
    }
  }

  init(_ error: ControlError) {
    switch error {
    case .unreachable(let path, let reason):
      // A daemon that runs without the file of its socket is unreachable, and systemd does not notice that.
      let removed = access(path, F_OK) == 0 ? "" : " (restart it if it runs: its socket was removed)"
      self.init(
        "no daemon answers at \(path): \(reason). Start tactusd\(removed), or name its socket with --socket=PATH.",
        .unreachable)
    case .refused(let path):
      self.init(
        "this user may not use the socket \(path). Run the command as root or as the user that runs tactusd.",
        .forbidden)
    case .lost(let path, let reason):
      self.init(
        "the daemon at \(path) went away: \(reason.closed) If systemd runs it, run journalctl -u tactusd to see why.",
        .unreachable)
    case .malformed(let path, let reason):
      self.init("the program that answers at \(path) is not a compatible tactusd: \(reason)", .failed)
    case .failed(let failure):
      self.init(failure)
    case .outOfTime: self.init("timed out. Set a longer --timeout.", .failed)
    case .interrupted: self.init("interrupted", .failed)
    }
  }

  init(_ failure: CallFailure) {
    switch failure {
    case .notFound(let entity, _, nil):
      self.init("\(failure.sentence). Run tactusctl list-\(entity)s to list the \(entity)s.", .notFound)
    case .notFound: self.init(failure.sentence, .notFound)
    case .expired(let oldest):
      self.init(
        "the events from there on are no longer kept: they are older than EventsKeep= in tactusd.conf(5), or from "
          + "another store. Run tactusctl events --after=\(oldest) to continue.", .failed)
    case .tooSlow:
      self.init("\(failure.sentence). Run the command again, and read faster or write to a file.", .failed)
    case .forbidden: self.init(failure.sentence, .forbidden)
    case .methodNotFound, .interfaceNotFound, .methodNotImplemented:
      self.init("\(failure.sentence). Check that the daemon is not older than tactusctl.", .failed)
    default: self.init(failure.sentence, .failed)
    }
  }

  /// Combines several complaints: their common exit code, or a plain failure if the codes differ.
  static func all(_ complaints: [Complaint]) -> Complaint? {
    guard let first = complaints.first else { return nil }
    return Complaint(nil, complaints.allSatisfy { $0.code == first.code } ? first.code : .failed)
  }
}
