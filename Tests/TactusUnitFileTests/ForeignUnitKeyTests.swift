import TactusModel
import Testing

@testable import TactusUnitFile

/// Keys from systemd's manual pages, in the sections where users would write them.
@Suite("Keys of systemd units")
struct ForeignUnitKeyTests {
  private static let unit = """
    Description Documentation Wants Requires Requisite BindsTo PartOf Upholds Conflicts Before After OnFailure OnSuccess \
    PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf RequiresMountsFor \
    WantsMountsFor OnFailureJobMode IgnoreOnIsolate StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate \
    DefaultDependencies CollectMode FailureAction SuccessAction FailureActionExitStatus JobTimeoutSec JobRunningTimeoutSec \
    JobTimeoutAction StartLimitIntervalSec StartLimitBurst StartLimitAction RebootArgument SourcePath ConditionArchitecture \
    ConditionVirtualization ConditionHost ConditionKernelCommandLine ConditionSecurity ConditionCapability ConditionACPower \
    ConditionNeedsUpdate ConditionFirstBoot ConditionPathExists ConditionPathIsMountPoint ConditionDirectoryNotEmpty \
    ConditionFileNotEmpty ConditionUser ConditionMemory ConditionCPUs ConditionMemoryPressure AssertPathExists \
    AssertACPower WantedBy RequiredBy Alias Also
    """
  private static let timer = """
    OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec OnCalendar AccuracySec RandomizedDelaySec \
    FixedRandomDelay RandomizedOffsetSec DeferReactivation OnClockChange OnTimezoneChange Unit Persistent WakeSystem \
    RemainAfterElapse
    """
  private static let service = """
    Type ExitType RemainAfterExit GuessMainPID PIDFile BusName ExecStart ExecStartPre ExecStartPost ExecCondition ExecReload \
    ExecStop ExecStopPost RestartSec RestartSteps RestartMaxDelaySec TimeoutStartSec TimeoutStopSec TimeoutAbortSec TimeoutSec \
    TimeoutStartFailureMode TimeoutStopFailureMode RuntimeMaxSec RuntimeRandomizedExtraSec WatchdogSec Restart RestartMode \
    SuccessExitStatus RestartPreventExitStatus RestartForceExitStatus NonBlocking NotifyAccess Sockets \
    FileDescriptorStoreMax FileDescriptorStorePreserve OOMPolicy OpenFile ReloadSignal KillMode KillSignal \
    RestartKillSignal SendSIGHUP SendSIGKILL FinalKillSignal WatchdogSignal
    """
  private static let execution = """
    ExecSearchPath RootDirectory RootImage RootHash RootVerity RootEphemeral MountAPIVFS ProtectProc ProcSubset BindPaths \
    BindReadOnlyPaths MountImages ExtensionImages DynamicUser SupplementaryGroups SetLoginEnvironment PAMName \
    CapabilityBoundingSet AmbientCapabilities SecureBits SELinuxContext AppArmorProfile SmackProcessLabel LimitCPU LimitFSIZE \
    LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING \
    LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME UMask CoredumpFilter KeyringMode OOMScoreAdjust TimerSlackNSec Personality \
    IgnoreSIGPIPE Nice CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask \
    IOSchedulingClass IOSchedulingPriority RuntimeDirectory StateDirectory CacheDirectory LogsDirectory \
    ConfigurationDirectory RuntimeDirectoryMode RuntimeDirectoryPreserve TimeoutCleanSec ExecPaths NoExecPaths \
    TemporaryFileSystem NetworkNamespacePath PrivateIPC IPCNamespacePath MemoryKSM PrivateUsers ProtectHostname ProtectClock \
    ProtectKernelModules ProtectKernelLogs ProtectControlGroups RestrictAddressFamilies RestrictFileSystems \
    RestrictNamespaces LockPersonality MemoryDenyWriteExecute RestrictRealtime RemoveIPC PrivateMounts MountFlags \
    SystemCallFilter SystemCallErrorNumber SystemCallArchitectures SystemCallLog PassEnvironment UnsetEnvironment StandardInput \
    StandardOutput StandardError StandardInputText StandardInputData LogLevelMax LogExtraFields LogRateLimitIntervalSec \
    LogRateLimitBurst LogFilterPatterns LogNamespace SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix TTYPath \
    TTYReset TTYVHangup LoadCredentialEncrypted ImportCredential SetCredential SetCredentialEncrypted UtmpIdentifier UtmpMode
    """
  private static let resources = """
    CPUAccounting CPUWeight StartupCPUWeight CPUShares CPUQuotaPeriodSec AllowedCPUs StartupAllowedCPUs MemoryAccounting \
    MemoryMin MemoryLow MemoryHigh MemorySwapMax MemoryZSwapMax MemoryZSwapWriteback AllowedMemoryNodes TasksAccounting \
    IOAccounting IOWeight IODeviceWeight IOReadBandwidthMax IOWriteIOPSMax IODeviceLatencyTargetSec IPAccounting IPAddressAllow \
    IPAddressDeny SocketBindAllow RestrictNetworkInterfaces NFTSet BPFProgram DeviceAllow DevicePolicy Slice Delegate \
    DelegateSubgroup DisableControllers ManagedOOMSwap ManagedOOMPreference MemoryPressureWatch BlockIOWeight
    """

  @Test("The message about each key names its equivalent, or says that there is no equivalent, but lists no keys")
  func answered() throws {
    for (section, keys) in [
      ("Workflow", Self.unit), ("Schedule", Self.timer), ("Command", Self.service), ("Command", Self.execution),
      ("Command", Self.resources),
    ] {
      for key in keys.split(separator: " ").map(String.init) where !isKey(key, of: section) {
        let head = section == "Command" ? "" : "[Command]\nExec=/bin/true\n"
        let own = section == "Command" ? "Exec=/bin/true\n" : section == "Schedule" ? "Interval=1h\n" : ""
        let found = problems(of: try read("\(head)[\(section)]\n\(own)\(key)=1\n"))
        #expect(found.count == 1, "\(key): \(found)")
        let message = found.first?.message ?? ""
        #expect(!message.contains("Known keys"), "\(key): \(message)")
        #expect(!message.contains("Did you mean"), "\(key): \(message)")
      }
    }
  }

  private func isKey(_ key: String, of section: String) -> Bool {
    Vocabulary.workflow.section(named: section)?.keys.contains(key) == true
  }

  @Test(
    "The message names the alternative",
    arguments: [
      ("ConditionACPower", "Test in Exec=, as in /bin/sh -c 'systemd-ac-power || exit 0; exec /the/program'"),
      (
        "LoadCredentialEncrypted",
        "Use LoadCredential=NAME:/path. Put an encrypted credential into a drop-in of tactusd.service"
      ),
      (
        "LockPersonality",
        "Use Runner=systemd and a drop-in for the units of all jobs, /etc/systemd/system/tactus-.service.d"
      ),
      ("SystemCallFilter", "Use Runner=systemd and a drop-in for the units of all jobs"),
      (
        "LogRateLimitIntervalSec", "Use LogLimit= of [Workflow] to limit the output, and JournalOutput= in tactusd.conf"
      ),
      ("MemoryAccounting", "CPU time and memory are always measured"), ("LimitSTACK", "ulimit"),
      ("SupplementaryGroups", "Use Group="), ("PassEnvironment", "A job gets PATH, HOME, LANG and TZ"),
      ("OOMScoreAdjust", "Use Exec=/usr/bin/choom"), ("StandardInput", "Input is empty"),
    ])
  func ways(_ key: String, _ words: String) throws {
    let found = problems(of: try read("[Command]\nExec=/bin/true\n\(key)=1\n"))
    #expect(found.map(\.line) == [3] && found.first?.message.contains(words) == true, "\(found)")
  }

  @Test("A misspelt key is still recognized as the intended one")
  func misspelt() throws {
    for (section, key, meant) in [("Workflow", "LogLimt", "LogLimit"), ("Command", "ProtectHom", "ProtectHome")] {
      let found = problems(of: try read("[Command]\nExec=/bin/true\n[\(section)]\n\(key)=1\n"))
      #expect(found.first?.message.contains("Did you mean \(meant)=?") == true, "\(found)")
    }
  }

  @Test(
    "A path that is invalid here is refused with the reason",
    arguments: [
      ("%h/x", "specifiers are not supported"), ("~", "only a shell knows ~"), ("$HOME", "no shell reads it"),
      ("-/srv", "takes no prefix here"),
    ])
  func paths(_ path: String, _ words: String) throws {
    let found = problems(of: try read("[Command]\nExec=/bin/true\nWorkingDirectory=\(path)\n"))
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }
}
