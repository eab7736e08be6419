import TactusLinux

extension ProcessTable {
  /// What keeps processes from ending that were sent KILL, as a clause; nil if they are about to end.
  ///
  /// It names no command, because everybody may ask why a job is where it is.
  static func obstacle(to processes: [Int]) -> String? {
    for process in processes.sorted() {
      // Any of its threads is enough: a first thread that has ended shows as a zombie.
      for thread in threads(of: process) where entry(ofThread: thread, of: process)?.state == "D" {
        let place = waitPlace(of: process, thread: thread).map { " in \($0)" } ?? ""
        return "cannot be killed: process \(process) is in uninterruptible sleep (D)\(place)"
      }
    }
    return nil
  }
}
