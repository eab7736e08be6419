/// The kinds of messages to operators, each with its name, message id and priority.
///
/// The raw value is the field `TACTUS_MESSAGE`. `systemd/tactus.catalog` explains each kind and the actions to take,
/// and tactusd(8) lists them. A case is never renamed and its id never reused, because filters and alerts depend on
/// both.
public enum JournalMessage: String, CaseIterable, Sendable {
  // MARK: The daemon

  /// The daemon has started, and accepts requests.
  case daemonReady = "daemon_ready"
  /// The daemon cannot start.
  case startFailed = "start_failed"
  /// The daemon was asked to stop, and lets running jobs end.
  case daemonStopping = "daemon_stopping"
  /// The daemon reloaded its files.
  case daemonReloaded = "daemon_reloaded"
  /// The daemon read its files again, but could not apply them.
  case reloadFailed = "reload_failed"
  /// A file is ignored because of a mistake in it.
  case fileRefused = "file_refused"
  /// A file is in force, but part of it may not have the intended effect.
  case fileWarning = "file_warning"
  /// A group that grants access does not exist.
  case groupMissing = "group_missing"
  /// A caller asked for something without the right to it.
  case accessRefused = "access_refused"
  /// A requested change cannot be made.
  case changeRefused = "change_refused"
  /// New connections are not accepted for a moment.
  case connectionsLimited = "connections_limited"
  /// The socket file of the service manager was removed.
  case socketLost = "socket_lost"
  /// Control groups are not used for jobs.
  case controlGroupsUnused = "control_groups_unused"
  /// A work queue of the daemon does not respond.
  case workQueueSilent = "work_queue_silent"
  /// The wall clock of the machine was set.
  case clockSet = "clock_set"
  /// A test injects a fault.
  case faultInjected = "fault_injected"
  /// Commands cannot run as the intended user.
  case jobUserUnusable = "job_user_unusable"
  /// A job runs without the limits of its definition.
  case limitsNotApplied = "limits_not_applied"
  /// Commands with Runner=auto are started by another runner from now on.
  case runnerChanged = "runner_changed"
  /// No command can run as a unit, because the directory of the pipes is unusable.
  case pipesUnusable = "pipes_unusable"
  /// A path from a file or a definition does not respond.
  case pathSilent = "path_silent"
  /// A silent path responds again.
  case pathAnswered = "path_answered"

  // MARK: The store and the journal

  /// The store cannot be written.
  case storeFailing = "store_failing"
  /// The store cannot be written, because the disk is full.
  case storeFull = "store_full"
  /// The store does not respond, because its disk is slow or stalled.
  case storeSilent = "store_silent"
  /// The store can be written again, or responds again.
  case storeRecovered = "store_recovered"
  /// The output of jobs cannot be stored.
  case outputFailing = "output_failing"
  /// The output of jobs can be stored again.
  case outputRecovered = "output_recovered"
  /// A row of the store is left alone, because it cannot be read.
  case rowUnreadable = "row_unreadable"
  /// The daemon stops before the store could record the ends of some jobs.
  case endsUnrecorded = "ends_unrecorded"
  /// Messages were dropped: the journal was too slow or unavailable.
  case messagesDropped = "messages_dropped"
  /// Output of jobs was dropped: the journal was too slow.
  case outputDropped = "output_dropped"

  // MARK: Workflows

  /// A reload changed the limits of a queue.
  case queueChanged = "queue_changed"
  /// A workflow was created.
  case workflowCreated = "workflow_created"
  /// A workflow has a new definition.
  case workflowChanged = "workflow_changed"
  /// A person terminated a workflow.
  case workflowTerminated = "workflow_terminated"
  /// A workflow was terminated, because its file was removed.
  case workflowFileGone = "workflow_file_gone"
  /// A workflow was terminated, because it failed too often in a row.
  case workflowExhausted = "workflow_exhausted"
  /// A workflow was resumed.
  case workflowResumed = "workflow_resumed"
  /// A workflow was deleted, and its name is free.
  case workflowDeleted = "workflow_deleted"
  /// A workflow failed for the first time, or for the first time after a success.
  case workflowFailing = "workflow_failing"
  /// A workflow succeeded for the first time after failures.
  case workflowRecovered = "workflow_recovered"
  /// The image of a workflow could not be prepared.
  case imageMissing = "image_missing"

  // MARK: Jobs

  /// A job was created on demand.
  case jobRequested = "job_requested"
  /// A job got another start time.
  case jobScheduled = "job_scheduled"
  /// A caller asked to cancel a job.
  case jobCancelRequested = "job_cancel_requested"
  /// A job succeeded.
  case jobCompleted = "job_completed"
  /// A job failed.
  case jobFailed = "job_failed"
  /// A job was ended at its time-out.
  case jobTimedOut = "job_timed_out"
  /// A job was ended, or will not start, by the decision of a person or a policy.
  case jobCanceled = "job_canceled"
  /// A job was ended, because the daemon stopped.
  case jobInterrupted = "job_interrupted"
  /// The fate of a job is unknown, or its runner failed.
  case jobLost = "job_lost"
  /// A job could not be handed to a runner or provider.
  case jobUndispatched = "job_undispatched"
  /// A job of the last daemon continues under this one.
  case jobAdopted = "job_adopted"
  /// The state of a job is unknown, because its provider does not answer.
  case jobUnverified = "job_unverified"
  /// A process that the last daemon left behind was ended.
  case orphanEnded = "orphan_ended"
  /// A job continues although it was sent KILL.
  case jobNotKilled = "job_not_killed"
  /// A unit that should end continues, because the daemon may no longer stop it.
  case unitNotStopped = "unit_not_stopped"
  /// Further output of a unit is lost, because its pipes were removed.
  case unitOutputLost = "unit_output_lost"
  /// A job ended that was already recorded as ended.
  case resultLate = "result_late"

  // MARK: Providers

  /// A provider does not answer.
  case providerDown = "provider_down"
  /// A provider answers again.
  case providerUp = "provider_up"
}

extension JournalMessage {
  /// The field `MESSAGE_ID`: 32 random hexadecimal digits, fixed for each kind.
  ///
  /// Source: systemd.journal-fields(7), `systemd-id128 new`.
  public var id: String {
    switch self {
    case .daemonReady: "28bdcd61fa8045d485e49cbb96b157ec"
    case .startFailed: "b759142b1c764c02a9a6c1b494a4c2c3"
    case .daemonStopping: "199fbc75327d4bc29318fed91325642e"
    case .daemonReloaded: "2590b6c1242047cf9f92c236a399b563"
    case .reloadFailed: "766ccbaea9a94dea906196eec8109eed"
    case .fileRefused: "5c863bde7f344caa95bc9e15d7aa9ab7"
    case .fileWarning: "95b0203ea1d84e478a45bdd05d0d4407"
    case .groupMissing: "a683a6c7cad54caa85aa5b1c7372e8fa"
    case .accessRefused: "e0cb42d903db4d029b165371588a3bc8"
    case .changeRefused: "a0abe5451cad41dc9217ac63a64a5c0f"
    case .connectionsLimited: "b7c85d6112f045d9b10d9321bbadbc71"
    case .socketLost: "055517a0e44143f79dee122e7189ce28"
    case .controlGroupsUnused: "367457e9e6b84e71892b71860818f163"
    case .workQueueSilent: "61dec2956b484d3f9d18f8bc72d38406"
    case .clockSet: "838106f93cce49588465ccc8cb90703b"
    case .faultInjected: "8cc75a5cc25f4013adbe1c0de406216a"
    case .jobUserUnusable: "b43fd3f1de6d4cfca9db49b9420d41cf"
    case .limitsNotApplied: "520592c9909d43a0a4687f5ae16886e7"
    case .runnerChanged: "350e1346c7d947ed865db97cf51f4943"
    case .pipesUnusable: "7bc82067ab2144a49f0783c9d63a3096"
    case .pathSilent: "dcc6f87e41534ba5b0c9e82498b6c3e8"
    case .pathAnswered: "b42fa768ac854f9697ffd2f76a40da43"
    case .storeFailing: "3068700d23624d16b69461222bf04e0f"
    case .storeFull: "06fc96fc95f347a6a5c6fb32055747e4"
    case .storeSilent: "7d5e0c4f9a3b4c1e8f62b1d0a97c3e54"
    case .storeRecovered: "e375988b6b434661bf7f0bcb1dcdb72d"
    case .outputFailing: "239d34b0eceb479a9678faec8d8495b0"
    case .outputRecovered: "1a81a1358e3545d5996e459e35fdd086"
    case .rowUnreadable: "1dec4ec0587f41c4a2699cb097258f94"
    case .endsUnrecorded: "3f3891008637473c8c85704d3114f5e6"
    case .messagesDropped: "25807f4c26ab460d9e54b9965837ead5"
    case .outputDropped: "c763f14ae7a04dd3a811fe55a20ed5b2"
    case .queueChanged: "acc6f6238fe249a99b99a6bd9dbb9178"
    case .workflowCreated: "09ef076e68c6464fa1475514fa7c4add"
    case .workflowChanged: "bc036227cdc844399d96a0db5ea80674"
    case .workflowTerminated: "512ec9959e0a442f99bb5ecccffe852c"
    case .workflowFileGone: "20ca4201e8874737be5396d51d1e500f"
    case .workflowExhausted: "dc873ea503594d6d85addbb6016ef0a1"
    case .workflowResumed: "62374a84b2e04099a1be4f1b30cb6d59"
    case .workflowDeleted: "849affa55fa440cca61dd0bd9c34562d"
    case .workflowFailing: "710790348cef491693a11f2f038f5b5b"
    case .workflowRecovered: "cb894988229f4d77bd0a5ddfdb8e7bf0"
    case .imageMissing: "650e13e22dbe44d29cc38cac91fce32e"
    case .jobRequested: "172d080dada54ec9bc29d7b0cd8288d9"
    case .jobScheduled: "ed6b115c1e624836977d4fc53c67d761"
    case .jobCancelRequested: "08db872370a140d59a072fa4548f6df8"
    case .jobCompleted: "78aa114d1709470f97e943e1b2b8fa76"
    case .jobFailed: "c50806dcdf714b63a1b0b78cf87d864b"
    case .jobTimedOut: "ba8150f8c4ef479b94675ce1a38e7501"
    case .jobCanceled: "78a1be2691a1419893d159f5382df872"
    case .jobInterrupted: "8306e12b89324e66bf8900213567d726"
    case .jobLost: "39922f02aef04c7b9f14aadf1ec053b1"
    case .jobUndispatched: "b76013a45a2c4a15aff6b967e749d569"
    case .jobAdopted: "572e55548c294a1b80ba906813d85a7d"
    case .jobUnverified: "4a6ced9f2b334118a90a62cf95ebe516"
    case .orphanEnded: "4e12cbfe8a1348a4a43ac38f44426062"
    case .jobNotKilled: "f1c70ddc60694583b38ef4df6330268c"
    case .unitNotStopped: "c718760f524247eb98fbc66411dd740e"
    case .unitOutputLost: "4e17364e22cf4be79fdbe239a2be7b3f"
    case .resultLate: "4421b45359d741b9a744fe58fef1296b"
    case .providerDown: "ab7ffe837e6847a58a1e43009ad72b53"
    case .providerUp: "317254e40be6423da542d3bbe230f8e8"
    }
  }

  /// The priority: from `warning` on an operator should look, from `error` on an operator should act.
  public var priority: JournalEntry.Priority {
    switch self {
    case .startFailed, .jobNotKilled, .unitNotStopped, .fileRefused, .storeFailing, .storeFull, .storeSilent,
      .outputFailing, .rowUnreadable, .endsUnrecorded, .workflowExhausted,
      .workQueueSilent, .pipesUnusable, .socketLost:
      .error
    case .reloadFailed, .fileWarning, .accessRefused, .connectionsLimited, .controlGroupsUnused, .faultInjected,
      .jobUserUnusable,
      .limitsNotApplied,
      .messagesDropped,
      .outputDropped, .imageMissing, .jobFailed, .jobTimedOut, .jobInterrupted, .jobLost, .jobUndispatched,
      .orphanEnded, .resultLate, .providerDown, .unitOutputLost, .pathSilent:
      .warning
    case .clockSet, .daemonReady, .daemonStopping, .daemonReloaded, .groupMissing, .storeRecovered, .outputRecovered,
      .workflowTerminated,
      .workflowFileGone, .workflowResumed, .workflowDeleted, .workflowFailing, .workflowRecovered, .providerUp,
      .queueChanged, .runnerChanged, .pathAnswered:
      .notice
    case .changeRefused, .workflowCreated, .workflowChanged, .jobRequested, .jobScheduled, .jobCancelRequested,
      .jobCompleted, .jobCanceled, .jobAdopted, .jobUnverified:
      .info
    }
  }

  /// The fields that every message of this kind has; a message may have others.
  public var fields: [JournalField] {
    switch self {
    case .daemonReady: [.version]
    case .startFailed: []
    case .daemonStopping, .daemonReloaded, .connectionsLimited, .controlGroupsUnused, .storeRecovered, .outputRecovered,
      .faultInjected,
      .jobUserUnusable, .pipesUnusable, .socketLost:
      []
    case .clockSet: [.step]
    case .workQueueSilent: [.workQueues]
    case .fileRefused, .fileWarning: [.file]
    case .groupMissing: [.group]
    case .accessRefused, .changeRefused: [.peerUID, .peerPID]
    case .limitsNotApplied, .workflowCreated, .workflowChanged, .workflowFileGone, .workflowExhausted,
      .workflowFailing, .workflowRecovered, .imageMissing:
      [.workflow]
    case .storeFailing, .storeFull, .storeSilent, .outputFailing, .rowUnreadable, .reloadFailed: [.reason]
    case .endsUnrecorded, .messagesDropped: [.count]
    case .outputDropped: [.count, .bytes]
    case .workflowTerminated, .workflowResumed, .workflowDeleted: [.workflow, .peerUID, .peerPID]
    case .jobRequested: [.workflow, .job, .peerUID, .peerPID]
    case .jobScheduled, .jobCancelRequested: [.job, .peerUID, .peerPID]
    case .jobCompleted: [.job, .workflow, .kind, .trigger, .attempt, .status]
    case .jobFailed, .jobTimedOut, .jobCanceled, .jobInterrupted, .jobLost, .jobUndispatched:
      [.job, .workflow, .kind, .trigger, .attempt, .status, .errorCode]
    case .jobAdopted, .jobUnverified, .orphanEnded, .jobNotKilled, .unitNotStopped, .resultLate, .unitOutputLost: [.job]
    case .providerDown, .providerUp: [.provider]
    case .runnerChanged: [.runner]
    case .queueChanged: [.queue]
    case .pathSilent, .pathAnswered: [.path]
    }
  }
}
