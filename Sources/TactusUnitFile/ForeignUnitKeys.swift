/// Keys of systemd units without an equivalent key here, grouped by subject, with the way out.
///
/// Source: systemd.unit(5), systemd.service(5), systemd.timer(5), systemd.exec(5), systemd.kill(5),
/// systemd.resource-control(5)
enum ForeignUnitKeys {
  /// Returns the way out for a key, a sentence without its full stop; nil for an unknown key.
  static func hint(of key: String) -> String? { hints[key] ?? families.first { $0.holds(key) }?.hint }

  private static let hints: [String: String] = groups.reduce(into: [:]) { hints, group in
    for key in group.keys.split(separator: " ") { hints[String(key)] = group.hint }
  }

  /// Keys of one subject that share the beginning or the end of their names.
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
      prefix: "Limit", hint: "Use Exec=/bin/sh -c 'ulimit …; exec /the/program'"),
    Family(
      suffix: "Accounting",
      hint: "CPU time and memory are always measured. Run tactusctl show-job to see them"),
    Family(prefix: "IO", hint: dropIn), Family(prefix: "BlockIO", hint: dropIn),
    Family(prefix: "Startup", hint: dropIn),
    Family(prefix: "ManagedOOM", hint: dropIn), Family(prefix: "Root", hint: dropIn),
  ]

  private static let condition =
    "Conditions are not supported. Test in Exec=, as in /bin/sh -c 'test -e /the/file || exit 0; exec /the/program'"

  /// systemd reads such a drop-in for every unit whose name begins with `tactus-`.
  ///
  /// Source: systemd.unit(5), "Description"
  private static let dropIn =
    "Use Runner=systemd and a drop-in for the units of all jobs, /etc/systemd/system/tactus-.service.d/NAME.conf"

  private static let noDependencies = "Workflows do not depend on each other or on units"
  private static let noService = "A job runs from the start of its program to the exit, as with Type=exec"
  private static let noTerminal = "A job has no terminal and no login"
  private static let stop = "A stop sends TERM to all processes of the job, and KILL two seconds later"
  private static let once = "A job runs once. The next run starts by the schedule, or by tactusctl run"
  private static let directories = "Create the directory once, and name it in Exec= or WorkingDirectory="

  private static let groups: [(keys: String, hint: String)] = [
    // systemd.unit(5)
    (
      "ConditionACPower",
      "Conditions are not supported. Test in Exec=, as in /bin/sh -c 'systemd-ac-power || exit 0; exec /the/program'"
    ),
    ("Documentation", "Use Description= of [Workflow], or a comment on its own line"),
    (
      "Requisite Upholds PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf "
        + "OnFailureJobMode OnSuccessJobMode IgnoreOnIsolate StopWhenUnneeded RefuseManualStart RefuseManualStop "
        + "AllowIsolate DefaultDependencies SurviveFinalKillSignal CollectMode SourcePath UpheldBy DefaultInstance",
      noDependencies
    ),
    (
      "RequiresMountsFor WantsMountsFor",
      "Test in Exec=, as in /bin/sh -c 'mountpoint -q /srv || exit 1; exec /the/program'"
    ),
    (
      "FailureAction SuccessAction FailureActionExitStatus SuccessActionExitStatus RebootArgument StartLimitAction "
        + "JobTimeoutAction JobTimeoutRebootArgument",
      "Run a program that reads tactusctl events --follow, which reports how each job ended"
    ),
    (
      "StartLimitIntervalSec StartLimitInterval StartLimitBurst",
      "Use Interval= to set how often it runs, and MaxConsecutiveFailures= of [Workflow] to end it after failures"
    ),
    (
      "JobTimeoutSec JobRunningTimeoutSec",
      "Use StartWithin= of [Workflow] to drop a run that has waited too long"
    ),
    // systemd.timer(5)
    (
      "OnClockChange OnTimezoneChange",
      "A schedule is in UTC, and follows changes of the clock by itself"
    ),
    (
      "RemainAfterElapse DeferReactivation",
      "A workflow stays until its file is removed, or until tactusctl delete"
    ),
    (
      "RandomizedOffsetSec",
      "Runs start on time. Use StartAt= to spread them, or MaxRunning= of the queue to let them wait"
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
      "Use Timeout= to end a job that runs too long"
    ),
    ("TimeoutAbortSec TimeoutStopFailureMode TimeoutCleanSec", stop),
    (
      "RestartMode RestartSteps RestartMaxDelaySec RestartPreventExitStatus RestartForceExitStatus", once
    ),
    ("ExecSearchPath", "Exec= needs the whole path of its program"),
    ("OOMPolicy", "A job that runs out of memory ends FAILED (see MemoryMax=)"),
    // systemd.kill(5)
    ("SendSIGHUP FinalKillSignal WatchdogSignal RestartKillSignal", stop),
    // systemd.exec(5): environment, input and output
    (
      "PassEnvironment UnsetEnvironment",
      "A job gets PATH, HOME, LANG and TZ, and the variables of Environment= and EnvironmentFile="
    ),
    ("SupplementaryGroups", "Use Group=, or add the account of User= to the group (usermod -aG)"),
    (
      "LoadCredentialEncrypted SetCredential SetCredentialEncrypted ImportCredential",
      "Use LoadCredential=NAME:/path. Put an encrypted credential into a drop-in of tactusd.service, and write "
        + "LoadCredential=NAME here"
    ),
    (
      "PAMName SetLoginEnvironment UtmpIdentifier UtmpMode TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYColumns TTYRows",
      noTerminal
    ),
    (
      "StandardInput StandardInputText StandardInputData",
      "Input is empty. Let the program read a file, as in Exec=/bin/sh -c 'exec /the/program </the/file'"
    ),
    (
      "LogRateLimitIntervalSec LogRateLimitBurst LogLevelMax LogExtraFields LogFilterPatterns LogNamespace SyslogFacility "
        + "SyslogLevel SyslogLevelPrefix",
      "Use LogLimit= of [Workflow] to limit the output, and JournalOutput= in tactusd.conf to copy it to the journal"
    ),
    (
      "StateDirectoryMode RuntimeDirectoryMode CacheDirectoryMode LogsDirectoryMode ConfigurationDirectory "
        + "ConfigurationDirectoryMode RuntimeDirectoryPreserve StateDirectoryQuota CacheDirectoryQuota LogsDirectoryQuota",
      directories
    ),
    ("OOMScoreAdjust", "Use Exec=/usr/bin/choom -n 500 -- and the program"),
    ("CPUAffinity", "Use Exec=/usr/bin/taskset -c 0 and the program"),
    ("NUMAPolicy NUMAMask", "Use Exec=/usr/bin/numactl with its options and the program"),
    ("CPUSchedulingResetOnFork", "Use Exec=/usr/bin/chrt with its options and the program"),
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
