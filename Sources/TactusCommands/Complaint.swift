import Glibc
import TactusLinux
import TactusProtocol
import TactusTransport

/// Why a verb did not do what it was asked: the thing, the reason, the way out.
struct Complaint: Error, Equatable {
  /// Without a full stop; nil if it was told already.
  let sentence: String?
  let code: ExitCode

  init(_ sentence: String?, _ code: ExitCode) {
    self.sentence = sentence
    self.code = code
  }

  static func usage(_ sentence: String) -> Complaint { Complaint(sentence, .usage) }

  /// Whatever a verb can throw.
  init(_ error: any Error) {
    switch error {
    case let complaint as Complaint: self = complaint
    case let error as ControlError: self.init(error)
    case let malformed as MalformedMessage:
      self.init("the daemon's answer is not as declared: \(malformed.reason); is it of another version?", .failed)
    case let error as SystemError: self.init(error.description, .failed)
    default: self.init("\(error)", .failed)
    }
  }

  init(_ error: ControlError) {
    switch error {
    case .unreachable(let path, let reason):
      // A daemon that runs without the file of its socket is asked by nobody, and looks well to systemd.
      let removed = access(path, F_OK) == 0 ? "" : " (if it runs, the socket was removed: restart tactusd)"
      self.init(
        "no daemon answers at \(path): \(reason); start tactusd\(removed), or name its socket with --socket=PATH",
        .unreachable)
    case .refused(let path):
      self.init("the socket \(path) is not for this user; try it as root or as the user that runs tactusd", .forbidden)
    case .lost(let path, let reason):
      self.init(
        "the daemon at \(path) went away: \(reason); if systemd runs it, journalctl -u tactusd says why", .unreachable)
    case .malformed(let path, let reason):
      self.init("what answers at \(path) is no tactusd of this version: \(reason)", .failed)
    case .failed(let failure):
      self.init(failure)
    case .outOfTime: self.init("the time is over; allow more with --timeout=", .failed)
    case .interrupted: self.init("interrupted", .failed)
    }
  }

  init(_ failure: CallFailure) {
    switch failure {
    case .notFound(let entity, _, nil):
      self.init("\(failure.sentence); tactusctl list-\(entity)s shows what is there", .notFound)
    case .notFound: self.init(failure.sentence, .notFound)
    case .expired(let oldest):
      self.init(
        "no events are kept from there on: they were older than EventsKeep= in tactusd.conf(5), or of another store; "
          + "go on with tactusctl events --after=\(oldest)", .failed)
    case .tooSlow: self.init("\(failure.sentence); ask again, and read faster or into a file", .failed)
    case .forbidden: self.init(failure.sentence, .forbidden)
    case .methodNotFound, .interfaceNotFound, .methodNotImplemented:
      self.init("\(failure.sentence); is it older than tactusctl?", .failed)
    default: self.init(failure.sentence, .failed)
    }
  }

  /// What several complaints make of the whole: their code if they agree, else a plain failure.
  static func all(_ complaints: [Complaint]) -> Complaint? {
    guard let first = complaints.first else { return nil }
    return Complaint(nil, complaints.allSatisfy { $0.code == first.code } ? first.code : .failed)
  }
}
