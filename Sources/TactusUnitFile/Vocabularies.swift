extension Vocabulary {
  /// `NAME.workflow`.
  static let workflow = Vocabulary(
    sections: [
      Section(
        name: "Workflow",
        shown: [
          "Description", "Queue", "Priority", "MaxConsecutiveFailures", "Overlap", "Misfire", "MisfireLimit",
          "StartWithin", "LogLimit",
        ], hidden: [],
        later: [
          "Lock", "OnInterrupt", "Retries", "RetryDelays", "CallbackURL", "CallbackKeys", "Parameter", "Result",
          "OutputLimit", "DispatchTimeout",
        ]),
      Section(name: "Schedule", shown: ["Interval", "StartAt"], hidden: []),
      // Each key is also read in CommandSection.swift. A key that only a systemd unit can apply is a row of
      // `SandboxKey.all` only.
      Section(
        name: "Command",
        shown: Set([
          "WorkingDirectory", "Timeout", "Runner", "User", "Group", "MemoryMax", "CPUQuota", "TasksMax",
          "StrictLimits", "KillMode", "MergeOutput",
        ]).union(SandboxKey.all.map(\.key)),
        hidden: ["Exec", "Environment", "EnvironmentFile", "LoadCredential"],
        lists: Set(["Environment", "EnvironmentFile", "LoadCredential"]).union(SandboxKey.lists),
        later: ["Parameter", "Result", "OutputLimit"]),
      Section(
        name: "Heartbeat",
        shown: ["Method", "FollowRedirects", "RedirectHeaders", "ReadBody", "Timeout", "ExpectedStatus"],
        hidden: ["Endpoint", "Header"], lists: ["ExpectedStatus", "Header"],
        later: [
          "AssertBodyContains", "AssertBodyMatches", "AssertJSON", "AssertHeader", "AssertDurationBelow", "Body",
        ]),
      Section(
        name: "Container",
        shown: [
          "Image", "User", "WorkingDirectory", "Network", "Memory", "CPUs", "PidsLimit", "ReadOnly", "Pull",
          "PullTimeout",
          "Timeout", "Volume", "Requires",
        ],
        hidden: ["Exec", "Entrypoint", "Environment", "EnvironmentFile"],
        lists: ["Environment", "EnvironmentFile", "Volume", "Requires"],
        later: ["Parameter", "Result", "OutputLimit"]),
    ],
    laterSections: ["Http"])

  /// `queues/NAME.queue`.
  static let queue = Vocabulary(sections: [
    Section(
      name: "Queue", shown: ["MaxRunning", "MaxQueued"], hidden: [],
      later: [
        "Priority", "RateLimit", "Paused", "Retries", "RetryDelays", "DeadLetterRetention", "JobRetention",
        "LogRetention", "CallbackURL", "CallbackKeys",
      ])
  ])

  /// `providers/NAME.provider`.
  static let provider = Vocabulary(sections: [
    Section(
      name: "Provider", shown: ["Type", "MaxRunning", "Capabilities", "TLSAuthorities", "TLSCertificate"],
      // TLSKey= is hidden, because somebody may paste the key itself.
      hidden: ["Endpoint", "TLSKey"], lists: ["Capabilities"])
  ])

  /// `tactusd.conf` and its drop-ins.
  static let daemon = Vocabulary(sections: [
    Section(
      name: "Manager",
      shown: [
        "StopTimeout", "CgroupRoot", "Instance", "AdminGroup", "ReadGroup", "JobUser", "CredentialUser", "EventsKeep",
        "SubmitRate", "DispatchTimeout", "JournalOutput",
      ], hidden: [])
  ])
}
