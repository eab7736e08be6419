/// The journal fields of Tactus; the raw value is the name of the field.
///
/// Source: systemd.journal-fields(7): upper-case letters, digits and underscores, at most 64 bytes.
public enum JournalField: String, CaseIterable, Sendable {
  /// The id of a job.
  case job = "TACTUS_JOB_ID"
  /// The name of a workflow.
  case workflow = "TACTUS_WORKFLOW"
  /// The kind of a job: `heartbeat`, `command`, `container`.
  case kind = "TACTUS_KIND"
  /// The origin of a job: `AUTOMATIC`, `MANUAL`.
  case trigger = "TACTUS_TRIGGER"
  /// The status of a job that ended.
  case status = "TACTUS_STATUS"
  /// The error code of a job that did not complete.
  case errorCode = "TACTUS_ERROR_CODE"
  /// The number of an attempt, from 1.
  case attempt = "TACTUS_ATTEMPT"
  /// The exit code of a job's process.
  case exitCode = "TACTUS_EXIT_CODE"
  /// The number of processes that were left at a job's end and then ended.
  case endedProcesses = "TACTUS_ENDED_PROCESSES"
  /// The time from a job's start to its end, in microseconds.
  case duration = "TACTUS_DURATION_USEC"
  /// The stream of a line of output: `stdout`, `stderr`.
  case stream = "TACTUS_STREAM"
  /// `1` on a piece of a line of output that continues in the next entry.
  case partial = "TACTUS_PARTIAL"
  /// The user id of a caller on the socket.
  case peerUID = "TACTUS_PEER_UID"
  /// The process id of a caller on the socket.
  case peerPID = "TACTUS_PEER_PID"
  /// A configuration file, relative to the configuration directory.
  case file = "TACTUS_FILE"
  /// A path from a file or a definition.
  case path = "TACTUS_PATH"
  /// A group of users.
  case group = "TACTUS_GROUP"
  /// The name of a queue.
  case queue = "TACTUS_QUEUE"
  /// The name of a provider.
  case provider = "TACTUS_PROVIDER"
  /// The runner that starts commands: `direct`, `systemd`.
  case runner = "TACTUS_RUNNER"
  /// The labels of work queues of the daemon.
  case workQueues = "TACTUS_WORK_QUEUES"
  /// The step of the clock in microseconds; negative for a backward step.
  case step = "TACTUS_STEP_USEC"
  /// The message of a library or another program.
  case reason = "TACTUS_REASON"
  /// A number of things.
  case count = "TACTUS_COUNT"
  /// A number of bytes.
  case bytes = "TACTUS_BYTES"
  /// The version of the daemon.
  case version = "TACTUS_VERSION"
  /// The kind of a message of the daemon.
  case message = "TACTUS_MESSAGE"
}
