internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusStore

/// `tactusd --verify`: the auditor over the store, and rows against live processes.
enum Verification {
  /// Findings that are shown; the first of them is the smallest counter-example.
  private static let shown = 20

  static func run(_ directories: Directories) -> Int32 {
    guard access(directories.ledger, F_OK) == 0 || access("\(directories.ledger)-wal", F_OK) == 0 else {
      EntryPoint.complain(
        "tactusd: there is no store at \(directories.ledger): is STATE_DIRECTORY set as for the daemon?")
      return 1
    }
    do {
      for path in [directories.ledger, directories.output] { try DatabaseFile.examine(path) }
      let auditor = try Auditor(file: directories.ledger)
      defer { auditor.close() }
      if try auditor.isEmpty() {
        guard !Auditor.hasOutput(file: directories.output) else {
          EntryPoint.complain(
            "tactusd: \(directories.ledger) is empty, but \(directories.output) has output of its jobs: it is a copy "
              + "without its tactus.db-wal; put that beside it, or restore another backup")
          return 1
        }
        print("\(directories.ledger): empty, because the first start has not come to an end; nothing was promised yet")
        return 0
      }
      let findings = try auditor.findings() + phantoms(auditor, directories)
      for finding in findings.prefix(shown) { print(finding) }
      if findings.count > shown { print("… and \(findings.count - shown) more") }
      if findings.isEmpty { print("\(directories.ledger): every promise holds") }
      try tellDecisions(auditor)
      try tellClaims(auditor, directories)
      return findings.isEmpty ? 0 : 1
    } catch let error as StoreError {
      EntryPoint.complain("tactusd: the store cannot be audited: \(error.message)")
      return 1
    } catch {
      EntryPoint.complain("tactusd: the store cannot be audited: \(error)")
      return 1
    }
  }

  /// What the newest decision records say: the instants that have no job, and why.
  private static func tellDecisions(_ auditor: Auditor) throws {
    let (count, newest) = try auditor.decisions(limit: shown)
    guard count > 0 else { return }
    print("\(count) decision record\(count == 1 ? "" : "s") for instants without a job, newest first:")
    for (workflow, decision) in newest {
      let range = decision.count == 1 ? "\(decision.first)" : "\(decision.first) … \(decision.last)"
      print("  \(workflow): \(decision.count) \(decision.reason.rawValue), \(range)")
    }
    if count > newest.count { print("  … and \(count - newest.count) older") }
  }

  /// Rows that a killed daemon left: nothing is promised of them until the next start has looked them up.
  private static func tellClaims(_ auditor: Auditor, _ directories: Directories) throws {
    let claims = try auditor.claims()
    guard !claims.isEmpty, try !FileLock.isHeld(at: directories.lock) else { return }
    print(
      "\(claims.count.counted("job was", "jobs were")) under way when the daemon ended; its next start looks for what is left"
    )
  }

  /// P4: every claimed or running row of a running daemon has something that runs.
  private static func phantoms(_ auditor: Auditor, _ directories: Directories) throws -> [Finding] {
    let suspects = try auditor.claims()
    guard try FileLock.isHeld(at: directories.lock) else {
      // A daemon that was killed leaves claims behind; the next start looks them up. One that stopped leaves only what goes
      // on without it, and what it could not kill.
      guard try !auditor.isInUse() else { return [] }
      return suspects.filter { $0.kind != .container && $0.facts?.runner != .systemd && $0.obstacle == nil }.map {
        Finding(promise: "P4", subject: "\($0.id)", message: "is \($0.status.rawValue), but the daemon has stopped")
      }
    }
    let dead = suspects.filter { !isAlive($0) }
    guard !dead.isEmpty else { return [] }
    // Between the row and the look at the process the job may have ended: what is still claimed later is a phantom.
    sleep(2)
    let later = Set(try auditor.claims())
    return dead.filter { later.contains($0) && !isAlive($0) }.map {
      Finding(promise: "P4", subject: "\($0.id)", message: "is \($0.status.rawValue), but nothing of it is alive")
    }
  }

  /// Only processes can be looked up from outside: a request lives in the daemon.
  private static func isAlive(_ claim: Remnant) -> Bool {
    guard claim.kind == .command else { return true }
    guard let facts = claim.facts, let process = facts.processID else { return false }
    return ProcessTable.startTicks(of: process) == facts.processStart
  }
}
