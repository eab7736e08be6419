import TactusLinux

extension ProcessTable {
  /// The reason, as a clause, why killed processes do not end; nil if they are about to end.
  ///
  /// It names no command, because every user may ask for a job's state.
  static func obstacle(to processes: [Int]) -> String? {
    for process in processes.sorted() {
      // One blocked thread is enough. A first thread that has ended looks like a zombie.
      for thread in threads(of: process) where entry(ofThread: thread, of: process)?.state == "D" {
        let place = waitPlace(of: process, thread: thread).map { " in \($0)" } ?? ""
        return "cannot be killed: process \(process) is in uninterruptible sleep (D)\(place)"
      }
    }
    return nil
  }
}
