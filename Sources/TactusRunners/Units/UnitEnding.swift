import TactusLinux
import TactusModel
import TactusSystemd

extension UnitState {
  /// How a unit ended.
  ///
  /// - Parameter wasHeard: whether its program certainly ran, because it wrote output.
  func ending(wasHeard: Bool) -> Ending {
    if result == "oom-kill" {
      return .failed(.signaled, "the kernel killed it, because it used more memory than MemoryMax= allows")
    }
    switch exitKind {
    case Exit.exited where exitStatus == 0: return .succeeded
    case Exit.exited:
      if let reason = setupReason(exitStatus), !wasHeard, !hasExecuted {
        return .failed(.validationError, "systemd could not start it (status \(exitStatus)): \(reason)")
      }
      return .failed(.exitNonzero, "exited with code \(exitStatus)")
    case Exit.killed, Exit.dumped:
      let core = exitKind == Exit.dumped ? ", with a core dump" : ""
      return .failed(.signaled, "ended by \(Signal(exitStatus))\(core)")
    default: return .failed(result == "resources" ? .validationError : .providerError, sentenceWithoutProcess)
    }
  }

  private var sentenceWithoutProcess: String {
    switch result {
    case "resources":
      "systemd could not start it, because something that it needs is missing, such as a file of EnvironmentFile=. "
        + "Check the journal of the machine"
    case "success", "": "systemd did not start it, or its unit was stopped from outside"
    default: "systemd could not start it: \(result)"
    }
  }

  /// The measurements of the unit.
  var report: Report {
    var report = Report()
    report.endedAt = endedAt
    if startedMonotonic > 0, endedMonotonic >= startedMonotonic {
      report.duration = .microseconds(Int64(clamping: endedMonotonic - startedMonotonic))
    }
    switch exitKind {
    case Exit.exited: report.exitCode = Int(exitStatus)
    case Exit.killed, Exit.dumped: report.signal = Int(exitStatus)
    default: break
    }
    (report.cpuTime, report.peakMemoryBytes) = (cpuTime, peakMemory)
    return report
  }

  /// Whether the program certainly ran: systemd saw its execution before its end.
  ///
  /// If a program ends within the same millisecond, systemd sees the end first.
  var hasExecuted: Bool { activeMonotonic > 0 && activeMonotonic < endedMonotonic }

  /// Whether the unit reports that its program could not be executed.
  func couldNotStart(wasHeard: Bool) -> Bool {
    if case .failed(.validationError, _) = ending(wasHeard: wasHeard) { true } else { false }
  }

  /// The values of `si_code`, waitid(2).
  enum Exit {
    static let exited: Int32 = 1
    static let killed: Int32 = 2
    static let dumped: Int32 = 3
  }

  /// The meanings of systemd's own exit codes, in terms of the definition's keys.
  ///
  /// Source: systemd.exec(5), "Process Exit Codes".
  static let setupReasons: [Int32: String] = [
    200: "its WorkingDirectory= cannot be entered", 201: "its priority cannot be set",
    202: "its descriptors cannot be set up",
    203: "its Exec= cannot be executed. Check that it exists and is a program",
    204: "there is not enough memory", 205: "its limits cannot be set", 206: "its OOM score cannot be set",
    207: "its signals cannot be set up", 208: "its input cannot be opened", 209: "its output cannot be opened",
    210: "its root directory cannot be entered", 211: "its IO priority cannot be set",
    212: "its timer slack cannot be set", 213: "its secure bits cannot be set", 214: "its scheduling cannot be set",
    215: "its CPU affinity cannot be set", 216: "its Group= does not exist, or cannot be used",
    217: "its User= does not exist, or cannot be used", 218: "its capabilities cannot be dropped",
    219: "its control group cannot be set up", 220: "its session cannot be created",
    221: "its confirmation was refused", 222: "its output cannot be connected to the journal",
    224: "PAM refused a session", 225: "its network cannot be isolated (PrivateNetwork=)",
    226: "its mount namespace cannot be set up. Check that every path of ReadOnlyPaths=, ReadWritePaths= and "
      + "InaccessiblePaths= exists",
    227: "new privileges cannot be disabled (NoNewPrivileges=)", 228: "its system calls cannot be filtered",
    229: "its SELinux context cannot be set", 230: "its personality cannot be set",
    231: "its AppArmor profile cannot be set", 232: "its address families cannot be restricted",
    233: "its runtime directory cannot be created", 235: "the owner of a socket cannot be set",
    236: "its SMACK label cannot be set", 237: "its keyring cannot be set up",
    238: "its state directory cannot be created", 239: "its cache directory cannot be created",
    240: "its logs directory cannot be created", 241: "its configuration directory cannot be created",
    242: "its NUMA policy cannot be set", 243: "a credential of LoadCredential= cannot be read",
    245: "its BPF program cannot be set up",
  ]
}
