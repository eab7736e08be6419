internal import TactusUnitFile

/// The command line of `tactusd`.
struct Options {
  /// The task; nil to run the daemon.
  var task: Task?
  /// The kind of instance, if tactusd.conf does not set it.
  var instance: DaemonSettings.Instance?

  /// Whether each line on standard error ends with the fields that the journal would get.
  var hasLogFields = false

  /// A task that replaces running the daemon.
  enum Task: String {
    case check = "--check"
    case verify = "--verify"
    case help = "--help"
    case version = "--version"
  }

  /// The reason why a command line is invalid.
  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads the words after the program's name.
  init(_ words: some Sequence<String>) throws(Mistake) {
    for word in words {
      switch word {
      case "--system": instance = .system
      case "--user": instance = .private
      case "--log-fields": hasLogFields = true
      default:
        guard let task = Task(rawValue: word == "-h" ? "--help" : word) else {
          throw Mistake(description: "\(word) is not an option of tactusd. Run tactusd --help")
        }
        if let other = self.task {
          throw Mistake(description: "\(other.rawValue) and \(word) cannot be combined. Run tactusd --help")
        }
        self.task = task
      }
    }
  }
}
