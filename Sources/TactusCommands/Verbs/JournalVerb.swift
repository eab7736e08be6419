import TactusLinux
import TactusModel
import TactusProtocol
import TactusSystemd
import TactusTransport

enum JournalVerb: Verb {
  static let name = "journal"
  static let operands = [Operand.one(.workflowOrJob)]
  static let summary = "Print the journal entries of a workflow or a job"
  static let options: [CommandOption] = [
    .follow,
    CommandOption(
      "limit", letter: "n", value: .text(called: "N"), "Only the last N (default: all, 10 with -f)"),
    CommandOption("since", value: .text(called: "WHEN"), "Only entries at or after WHEN"),
    CommandOption("until", value: .text(called: "WHEN"), "Only entries before WHEN"),
    CommandOption(
      "priority", letter: "p", value: .word(of: JournalPriority.words, called: "PRIORITY"),
      "Only entries of this priority or higher"),
  ]
  static let isPaged = true

  private static let priority = options[4]

  static func run(_ invocation: Invocation) throws {
    let match = try match(invocation.operands[0], invocation)
    let least = invocation.values[priority].flatMap { JournalPriority.words.firstIndex(of: $0) }
    // Any process can write entries with these fields, but the journal itself records the user.
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

  /// Returns the field to match: a whole id needs no daemon, and text that is not the end of an id is a workflow's
  /// name.
  private static func match(_ name: String, _ invocation: Invocation) throws -> String {
    if JobID(name) != nil { return "TACTUS_JOB_ID=\(name.lowercased())" }
    if name.isEndOfJobID {
      do {
        let reply = try invocation.connect().reply(to: GetJob(id: name)).read(GetJob.Reply.self)
        return "TACTUS_JOB_ID=\(reply.job.id)"
      } catch ControlError.failed(.notFound) where WorkflowName(name) != nil {}
    }
    guard WorkflowName(name) != nil else {
      throw Complaint.usage("\(name) is neither a workflow name nor a job id (or the end of one)")
    }
    return "TACTUS_WORKFLOW=\(name)"
  }

  private static func instant(_ option: CommandOption, _ invocation: Invocation) throws(Complaint) -> Instant? {
    try invocation.moment(option).flatMap(Instant.init(rfc3339:))
  }

  /// Checks that the journal is readable: an unreadable journal looks empty.
  ///
  /// A user can always read entries in the own journal of the user.
  private static func expectJournal(_ reader: JournalReader) throws(Complaint) {
    guard JournalReader.mayReadSystem else {
      throw Complaint(
        "only root and the groups adm and systemd-journal may read the journal. "
          + "Join one of these groups, or use tactusctl logs and tactusctl events.", .forbidden)
    }
    guard reader.hasFiles else {
      throw Complaint(
        "no journal was found: systemd-journald is missing or does not store it. Use tactusctl logs and tactusctl "
          + "events.",
        .notFound)
    }
  }
}

/// The priorities of syslog(3); their positions are the numbers.
enum JournalPriority {
  static let words = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
}
