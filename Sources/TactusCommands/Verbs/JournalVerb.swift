import TactusLinux
import TactusModel
import TactusProtocol
import TactusSystemd
import TactusTransport

enum JournalVerb: Verb {
  static let name = "journal"
  static let operands = [Operand.one(.workflowOrJob)]
  static let summary = "Print what the journal has of a workflow or a job"
  static let options: [CommandOption] = [
    .follow,
    CommandOption("limit", letter: "n", value: .text(called: "N"), "Only the last N (default: all, with -f 10)"),
    CommandOption("since", value: .text(called: "WHEN"), "Only entries of then or later"),
    CommandOption("until", value: .text(called: "WHEN"), "Only entries before"),
    CommandOption(
      "priority", letter: "p", value: .word(of: JournalPriority.words, called: "PRIORITY"),
      "Only what matters so much or more"),
  ]
  static let isPaged = true

  private static let priority = options[4]

  static func run(_ invocation: Invocation) throws {
    let match = try match(invocation.operands[0], invocation)
    let least = invocation.values[priority].flatMap { JournalPriority.words.firstIndex(of: $0) }
    // Anybody may write entries with any field; whose they are only the journal says.
    let owner = UnixSocket.owner(ofFolderOf: try invocation.socketPath()).map { ["_UID=\($0)"] } ?? []
    let reader = try JournalReader(matching: [match] + owner + (least.map { (0...$0).map { "PRIORITY=\($0)" } } ?? []))
    let (since, until) = (try instant(.since, invocation), try instant(.until, invocation))
    let count = try invocation.number(.limit, in: 0...1_000_000) ?? (invocation.has(.follow) ? 10 : nil)
    if let count { try reader.seekLast(count, before: until) } else if let since { try reader.seek(to: since) }
    var isFound = false
    repeat {
      while let entry = try reader.next() {
        if let until, entry.at >= until { return }
        if let since, entry.at < since { continue }
        if invocation.console.isGone { return }
        JournalLine(entry).print(for: invocation)
        isFound = true
      }
      if !isFound { try expectJournal(reader) }
      if invocation.has(.follow) { try reader.wait() }
    } while invocation.has(.follow)
  }

  /// The field to look for: a whole id needs no daemon, the end of one is asked for, and all else is a workflow's name.
  private static func match(_ name: String, _ invocation: Invocation) throws -> String {
    if JobID(name) != nil { return "TACTUS_JOB_ID=\(name.lowercased())" }
    if name.isEndOfJobID {
      do {
        let reply = try invocation.connect().reply(to: GetJob(id: name)).read(GetJob.Reply.self)
        return "TACTUS_JOB_ID=\(reply.job.id)"
      } catch ControlError.failed(.notFound) where WorkflowName(name) != nil {}
    }
    guard WorkflowName(name) != nil else {
      throw Complaint.usage("\(name) is neither a workflow's name nor a job's id or the end of one")
    }
    return "TACTUS_WORKFLOW=\(name)"
  }

  private static func instant(_ option: CommandOption, _ invocation: Invocation) throws(Complaint) -> Instant? {
    try invocation.moment(option).flatMap(Instant.init(rfc3339:))
  }

  /// What cannot be read looks like nothing; the own journal of a user may have something all the same.
  private static func expectJournal(_ reader: JournalReader) throws(Complaint) {
    guard JournalReader.mayReadSystem else {
      throw Complaint(
        "the journal may be read by root and the groups adm and systemd-journal only: "
          + "become a member, or use tactusctl logs and tactusctl events", .forbidden)
    }
    guard reader.hasFiles else {
      throw Complaint(
        "there is no journal on this machine, or systemd-journald keeps none: use tactusctl logs and tactusctl events",
        .notFound)
    }
  }
}

/// The words of syslog(3) for what matters how much; their places are the numbers.
enum JournalPriority {
  static let words = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
}
