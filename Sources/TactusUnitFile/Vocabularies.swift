extension Vocabulary {
  /// `NAME.workflow`.
  static let workflow = Vocabulary(
    sections: [
      Section(
        name: "Workflow",
        single: [
          "Description", "Queue", "Priority", "MaxConsecutiveFailures", "Overlap", "Misfire", "MisfireLimit",
          "StartWithin", "LogLimit",
        ],
        later: [
          "Lock", "OnInterrupt", "Retries", "RetryDelays", "CallbackURL", "CallbackKeys", "Parameter", "Result",
          "OutputLimit", "DispatchTimeout",
        ]),
      Section(name: "Schedule", single: ["Interval", "StartAt"]),
      Section(
        name: "Command",
        single: Set([
          "Exec", "WorkingDirectory", "Timeout", "Runner", "User", "Group", "MemoryMax", "CPUQuota", "TasksMax",
          "StrictLimits", "KillMode", "MergeOutput",
        ]).union(SandboxKey.all.map(\.key)).subtracting(SandboxKey.lists),
        lists: Set(["Environment", "EnvironmentFile", "LoadCredential"]).union(SandboxKey.lists),
        later: ["Parameter", "Result", "OutputLimit"]),
      Section(
        name: "Heartbeat", single: ["Endpoint", "Method", "FollowRedirects", "Timeout"],
        lists: ["ExpectedStatus", "Header"],
        later: [
          "AssertBodyContains", "AssertBodyMatches", "AssertJSON", "AssertHeader", "AssertDurationBelow", "Body",
        ]),
      Section(
        name: "Container",
        single: [
          "Image", "Exec", "Entrypoint", "User", "WorkingDirectory", "Network", "Memory", "CPUs", "PidsLimit",
          "ReadOnly", "Pull", "PullTimeout", "Timeout",
        ], lists: ["Environment", "EnvironmentFile", "Volume", "Requires"],
        later: ["Parameter", "Result", "OutputLimit"]),
    ],
    laterSections: ["Http"])

  /// `queues/NAME.queue`.
  static let queue = Vocabulary(sections: [
    Section(
      name: "Queue", single: ["MaxRunning", "MaxQueued"],
      later: [
        "Priority", "RateLimit", "Paused", "Retries", "RetryDelays", "DeadLetterRetention", "JobRetention",
        "LogRetention", "CallbackURL", "CallbackKeys",
      ])
  ])

  /// `providers/NAME.provider`.
  static let provider = Vocabulary(sections: [
    Section(
      name: "Provider", single: ["Type", "Endpoint", "TLSAuthorities", "TLSCertificate", "TLSKey", "MaxRunning"],
      lists: ["Capabilities"])
  ])

  /// `tactusd.conf` and its drop-ins.
  static let daemon = Vocabulary(sections: [
    Section(
      name: "Manager",
      single: [
        "StopTimeout", "CgroupRoot", "Instance", "AdminGroup", "ReadGroup", "JobUser", "EventsKeep", "SubmitRate",
        "DispatchTimeout", "JournalOutput",
      ])
  ])
}
