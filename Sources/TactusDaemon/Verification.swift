internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusStore

/// `tactusd --verify`: audits the store, and compares rows with live processes.
enum Verification {
  /// The number of findings that are printed; the first finding is the smallest counter-example.
  private static let shown = 20

  static func run(_ directories: Directories) -> Int32 {
    guard access(directories.ledger, F_OK) == 0 || access("\(directories.ledger)-wal", F_OK) == 0 else {
      EntryPoint.complain(
        "tactusd: there is no store at \(directories.ledger). Set STATE_DIRECTORY as for the daemon")
      return 1
    }
    do {
      for path in [directories.ledger, directories.output] { try DatabaseFile.examine(path) }
      let auditor = try Auditor(file: directories.ledger)
      defer { auditor.close() }
      if try auditor.isEmpty() {
        guard !Auditor.hasOutput(file: directories.output) else {
          EntryPoint.complain(
            "tactusd: \(directories.ledger) is empty, but \(directories.output) has output of its jobs. "
              + "It is a copy without its tactus.db-wal. Put that file beside it, or restore another backup")
          return 1
        }
        print("\(directories.ledger): empty, because the first start has not finished, so there is nothing to audit")
        return 0
      }
      let findings = try auditor.findings() + phantoms(auditor, directories)
      for finding in findings.prefix(shown) { print(finding) }
      if findings.count > shown { print("… and \(findings.count - shown) more") }
      if findings.isEmpty { print("\(directories.ledger): every promise holds") }
      try reportDecisions(auditor)
      try reportClaims(auditor, directories)
      return findings.isEmpty ? 0 : 1
    } catch let error as StoreError {
      EntryPoint.complain("tactusd: the store cannot be audited: \(error.message)")
      return 1
    } catch {
      EntryPoint.complain("tactusd: the store cannot be audited: \(error)")
      return 1
    }
  }

  /// Prints the newest decision records: the instants that have no job, and the reasons.
  private static func reportDecisions(_ auditor: Auditor) throws {
    let (count, newest) = try auditor.decisions(limit: shown)
    guard count > 0 else { return }
    print("\(count) decision record\(count == 1 ? "" : "s") for instants without a job, newest first:")
    for (workflow, decision) in newest {
      let range = decision.count == 1 ? "\(decision.first)" : "\(decision.first) … \(decision.last)"
      print("  \(workflow): \(decision.count) \(decision.reason.rawValue), \(range)")
    }
    if count > newest.count { print("  … and \(count - newest.count) older") }
  }

  /// Prints the number of rows that a killed daemon left: no promise covers them until the next start has looked them
  /// up.
  private static func reportClaims(_ auditor: Auditor, _ directories: Directories) throws {
    let claims = try auditor.claims()
    guard !claims.isEmpty, try !FileLock.isHeld(at: directories.lock) else { return }
    print(
      "\(claims.count.counted("job was", "jobs were")) under way when the daemon ended. The next start looks up "
        + "what is left of them")
  }

  /// The findings of P4: while the daemon runs, a process exists for every claimed or running row.
  private static func phantoms(_ auditor: Auditor, _ directories: Directories) throws -> [Finding] {
    let suspects = try auditor.claims()
    guard try FileLock.isHeld(at: directories.lock) else {
      // A killed daemon leaves claims, which the next start looks up. A stopped daemon leaves only jobs that run
      // without it, and jobs that it could not kill.
      guard try !auditor.isInUse() else { return [] }
      return suspects.filter { $0.kind != .container && $0.facts?.runner != .systemd && $0.obstacle == nil }.map {
        Finding(promise: "P4", subject: "\($0.id)", message: "is \($0.status.rawValue), but the daemon has stopped")
      }
    }
    let dead = suspects.filter { !isAlive($0) }
    guard !dead.isEmpty else { return [] }
    // The job may have ended after its row was read. A row that is still claimed later is a phantom.
    sleep(2)
    let later = Set(try auditor.claims())
    return dead.filter { later.contains($0) && !isAlive($0) }.map {
      Finding(promise: "P4", subject: "\($0.id)", message: "is \($0.status.rawValue), but its process does not run")
    }
  }

  /// Whether the process of a claim runs.
  ///
  /// A request cannot be looked up from outside, because it runs in the daemon.
  private static func isAlive(_ claim: Remnant) -> Bool {
    guard claim.kind == .command else { return true }
    guard let facts = claim.facts, let process = facts.processID else { return false }
    return ProcessTable.startTicks(of: process) == facts.processStart
  }
}
