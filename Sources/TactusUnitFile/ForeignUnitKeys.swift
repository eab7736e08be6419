/// Keys of units of systemd that have no like here, by what they are about, and what to write instead.
///
/// Source: systemd.unit(5), systemd.service(5), systemd.timer(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5)
enum ForeignUnitKeys {
  /// What to write instead of a key; nil for a key of nobody.
  static func hint(of key: String) -> String? { hints[key] ?? families.first { $0.holds(key) }?.hint }

  private static let hints: [String: String] = groups.reduce(into: [:]) { hints, group in
    for key in group.keys.split(separator: " ") { hints[String(key)] = group.hint }
  }

  /// Keys of one kind that have a part of their names in common.
  private struct Family {
    var prefix = ""
    var suffix = ""
    let hint: String

    func holds(_ key: String) -> Bool {
      key.hasPrefix(prefix) && key.hasSuffix(suffix) && key.utf8.count > prefix.utf8.count + suffix.utf8.count
    }
  }

  private static let families = [
    Family(prefix: "Condition", hint: condition), Family(prefix: "Assert", hint: condition),
    Family(
      prefix: "Limit", hint: "there is none: write Exec=/bin/sh -c 'ulimit …; exec /the/program'"),
    Family(
      suffix: "Accounting",
      hint: "there is none: CPU time and memory are measured without it, see tactusctl show-job"),
    Family(prefix: "IO", hint: dropIn), Family(prefix: "BlockIO", hint: dropIn),
    Family(prefix: "Startup", hint: dropIn),
    Family(prefix: "ManagedOOM", hint: dropIn), Family(prefix: "Root", hint: dropIn),
  ]

  private static let condition =
    "there are no conditions: test it in Exec=, as in /bin/sh -c 'test -e /the/file || exit 0; exec /the/program'"

  /// systemd reads such a drop-in for every unit whose name begins with `tactus-`. Source: systemd.unit(5), "Description"
  private static let dropIn =
    "there is none: with Runner=systemd a drop-in for the units of all jobs has it, "
    + "/etc/systemd/system/tactus-.service.d/NAME.conf"

  private static let noDependencies = "there is none: workflows do not depend on each other, nor on units"
  private static let noService = "there is none: a job is its program, from the start to the exit, as with Type=exec"
  private static let noTerminal = "there is none: a job has no terminal and no login"
  private static let stop =
    "there is none: what is stopped gets TERM with all it has started, and KILL two seconds later"
  private static let once =
    "there is none: a job runs once, and the next run is the schedule's, or that of tactusctl run"
  private static let directories = "there is none: make the directory once, and name it in Exec= or WorkingDirectory="

  private static let groups: [(keys: String, hint: String)] = [
    // systemd.unit(5)
    (
      "ConditionACPower",
      "there are no conditions: test it in Exec=, as in /bin/sh -c 'systemd-ac-power || exit 0; exec /the/program'"
    ),
    ("Documentation", "there is none: write it into Description= of [Workflow], or behind # on a line of its own"),
    (
      "Requisite Upholds PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf "
        + "OnFailureJobMode OnSuccessJobMode IgnoreOnIsolate StopWhenUnneeded RefuseManualStart RefuseManualStop "
        + "AllowIsolate DefaultDependencies SurviveFinalKillSignal CollectMode SourcePath UpheldBy DefaultInstance",
      noDependencies
    ),
    (
      "RequiresMountsFor WantsMountsFor",
      "there is none: test it in Exec=, as in /bin/sh -c 'mountpoint -q /srv || exit 1; exec /the/program'"
    ),
    (
      "FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument StartLimitAction "
        + "JobTimeoutAction JobTimeoutRebootArgument",
      "there is none: tactusctl events --follow tells how each job ended to a program that acts upon it"
    ),
    (
      "StartLimitIntervalSec StartLimitInterval StartLimitBurst",
      "there is none: Interval= says how often it runs, and MaxConsecutiveFailures= of [Workflow] when failures end it"
    ),
    (
      "JobTimeoutSec JobRunningTimeoutSec",
      "there is none: StartWithin= of [Workflow] drops a run that has waited for too long"
    ),
    // systemd.timer(5)
    (
      "OnClockChange OnTimezoneChange",
      "there is none: a schedule is in UTC, and follows a clock that is set by itself"
    ),
    (
      "RemainAfterElapse DeferReactivation",
      "there is none: a workflow stays until its file is gone, or tactusctl delete"
    ),
    (
      "RandomizedOffsetSec",
      "there is none, runs start on time: StartAt= spreads them, MaxRunning= of the queue has them wait"
    ),
    // systemd.service(5)
    (
      "BusName PIDFile NotifyAccess GuessMainPID ExitType FileDescriptorStoreMax FileDescriptorStorePreserve Sockets "
        + "NonBlocking ReloadSignal OpenFile USBFunctionDescriptors USBFunctionStrings RootDirectoryStartOnly "
        + "ExecReloadPost RefreshOnReload",
      noService
    ),
    (
      "WatchdogSec RuntimeRandomizedExtraSec TimeoutStartFailureMode",
      "there is none: Timeout= ends a job that takes too long"
    ),
    ("TimeoutAbortSec TimeoutStopFailureMode TimeoutCleanSec", stop),
    (
      "RestartMode RestartSteps RestartMaxDelaySec RestartPreventExitStatus RestartForceExitStatus", once
    ),
    ("ExecSearchPath", "there is none: Exec= names the whole path of its program"),
    ("OOMPolicy", "there is none: a job that runs out of memory ends FAILED, see MemoryMax="),
    // systemd.kill(5)
    ("SendSIGHUP FinalKillSignal WatchdogSignal RestartKillSignal", stop),
    // systemd.exec(5): what a job is given
    (
      "PassEnvironment UnsetEnvironment",
      "there is none: a job gets PATH, HOME, LANG and TZ, and what Environment= and EnvironmentFile= say"
    ),
    ("SupplementaryGroups", "there is none: write Group=, or make the account of User= a member (usermod -aG)"),
    (
      "LoadCredentialEncrypted SetCredential SetCredentialEncrypted ImportCredential",
      "write LoadCredential=NAME:/path; an encrypted one goes into a drop-in of tactusd.service, with LoadCredential=NAME here"
    ),
    (
      "PAMName SetLoginEnvironment UtmpIdentifier UtmpMode TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYColumns TTYRows",
      noTerminal
    ),
    (
      "StandardInput StandardInputText StandardInputData",
      "there is none: input is empty, and a program reads a file as in Exec=/bin/sh -c 'exec /the/program </the/file'"
    ),
    (
      "LogRateLimitIntervalSec LogRateLimitBurst LogLevelMax LogExtraFields LogFilterPatterns LogNamespace SyslogFacility "
        + "SyslogLevel SyslogLevelPrefix",
      "there is none: LogLimit= of [Workflow] bounds the output, and JournalOutput= in tactusd.conf copies it to the journal"
    ),
    (
      "StateDirectoryMode RuntimeDirectoryMode CacheDirectoryMode LogsDirectoryMode ConfigurationDirectory "
        + "ConfigurationDirectoryMode RuntimeDirectoryPreserve StateDirectoryQuota CacheDirectoryQuota LogsDirectoryQuota",
      directories
    ),
    ("OOMScoreAdjust", "there is none: write Exec=/usr/bin/choom -n 500 -- and the program"),
    ("CPUAffinity", "there is none: write Exec=/usr/bin/taskset -c 0 and the program"),
    ("NUMAPolicy NUMAMask", "there is none: write Exec=/usr/bin/numactl with its options and the program"),
    ("CPUSchedulingResetOnFork", "there is none: write Exec=/usr/bin/chrt with its options and the program"),
    // systemd.exec(5): sandboxes; systemd.resource-control(5): limits
    (
      "ProtectClock ProtectHostname ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectProc ProcSubset "
        + "PrivateUsers PrivateIPC PrivateMounts PrivatePIDs PrivateBPF RestrictNamespaces RestrictAddressFamilies "
        + "RestrictRealtime RestrictFileSystems LockPersonality MemoryDenyWriteExecute RemoveIPC SystemCallFilter "
        + "SystemCallErrorNumber SystemCallArchitectures SystemCallLog Personality SecureBits MountFlags BindPaths "
        + "BindReadOnlyPaths TemporaryFileSystem MountAPIVFS MountImages ExtensionImages ExtensionDirectories ExecPaths "
        + "NoExecPaths NetworkNamespacePath IPCNamespacePath UserNamespacePath SELinuxContext AppArmorProfile "
        + "SmackProcessLabel KeyringMode CoredumpFilter IgnoreSIGPIPE TimerSlackNSec MemoryKSM MemoryTHP IPAddressAllow "
        + "IPAddressDeny IPIngressFilterPath IPEgressFilterPath SocketBindAllow SocketBindDeny RestrictNetworkInterfaces "
        + "DeviceAllow DevicePolicy BPFProgram NFTSet Slice Delegate DelegateSubgroup DisableControllers CPUQuotaPeriodSec "
        + "AllowedCPUs AllowedMemoryNodes MemoryMin MemoryLow DefaultMemoryMin DefaultMemoryLow MemorySwapMax MemoryZSwapMax "
        + "MemoryZSwapWriteback MemoryPressureWatch MemoryPressureThresholdSec CoredumpReceive",
      dropIn
    ),
  ]
}
