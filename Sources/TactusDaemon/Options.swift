internal import TactusUnitFile

/// The command line of `tactusd`.
struct Options {
  /// What to do; nil means to run the daemon.
  var task: Task?
  /// Whom the daemon serves, if tactusd.conf does not say it.
  var instance: DaemonSettings.Instance?

  /// What to do instead of running.
  enum Task: String {
    case check = "--check"
    case verify = "--verify"
    case help = "--help"
    case version = "--version"
  }

  /// Why a command line is not understood.
  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads the words behind the program's name.
  init(_ words: some Sequence<String>) throws(Mistake) {
    for word in words {
      switch word {
      case "--system": instance = .system
      case "--user": instance = .private
      default:
        guard let task = Task(rawValue: word == "-h" ? "--help" : word) else {
          throw Mistake(description: "\(word): not an option of tactusd; see tactusd --help")
        }
        if let other = self.task {
          throw Mistake(description: "\(other.rawValue) and \(word): one of them at a time; see tactusd --help")
        }
        self.task = task
      }
    }
  }
}
