/// The fields of the journal that are Tactus's own; the raw value is the field's name there.
///
/// Source: systemd.journal-fields(7): upper-case letters, digits and underscores, at most 64 bytes.
public enum JournalField: String, CaseIterable, Sendable {
  /// A job.
  case job = "TACTUS_JOB_ID"
  /// A workflow, by name.
  case workflow = "TACTUS_WORKFLOW"
  /// What a job is: `heartbeat`, `command`, `container`.
  case kind = "TACTUS_KIND"
  /// Who asked for a job: `AUTOMATIC`, `MANUAL`.
  case trigger = "TACTUS_TRIGGER"
  /// The status of a job that ended.
  case status = "TACTUS_STATUS"
  /// Why a job did not complete.
  case errorCode = "TACTUS_ERROR_CODE"
  /// Which attempt of a job it was, from 1.
  case attempt = "TACTUS_ATTEMPT"
  /// The exit code of a job's process.
  case exitCode = "TACTUS_EXIT_CODE"
  /// How many processes a job left at its end that were ended.
  case endedProcesses = "TACTUS_ENDED_PROCESSES"
  /// From a job's start to its end, in microseconds.
  case duration = "TACTUS_DURATION_USEC"
  /// The stream of a line of output: `stdout`, `stderr`.
  case stream = "TACTUS_STREAM"
  /// `1` on a piece of a line of output that goes on in the next entry.
  case partial = "TACTUS_PARTIAL"
  /// The user id of whoever asked over the socket.
  case peerUID = "TACTUS_PEER_UID"
  /// The process of whoever asked over the socket.
  case peerPID = "TACTUS_PEER_PID"
  /// A configuration file, below the configuration directory.
  case file = "TACTUS_FILE"
  /// A path that a file or a definition names.
  case path = "TACTUS_PATH"
  /// A group of users.
  case group = "TACTUS_GROUP"
  /// A provider, by name.
  case provider = "TACTUS_PROVIDER"
  /// Who starts commands: `direct`, `systemd`.
  case runner = "TACTUS_RUNNER"
  /// Work queues of the daemon.
  case workQueues = "TACTUS_WORK_QUEUES"
  /// By how much the clock was set, in microseconds; negative for back.
  case step = "TACTUS_STEP_USEC"
  /// What the library below said.
  case reason = "TACTUS_REASON"
  /// How many there were.
  case count = "TACTUS_COUNT"
  /// How many bytes there were.
  case bytes = "TACTUS_BYTES"
  /// The version of the daemon.
  case version = "TACTUS_VERSION"
  /// The kind of a message of the daemon.
  case message = "TACTUS_MESSAGE"
}
