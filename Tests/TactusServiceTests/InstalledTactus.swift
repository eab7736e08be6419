import Foundation
import TactusTestSupport

/// Tactus on a machine of the lab, installed from the package and used through its commands.
extension ServiceLab {
  /// The package that `make deb` built last.
  static let package: String = {
    let built = URL(filePath: "\(project)/.build")
    // Nothing is built yet.
    let files = (try? FileManager.default.contentsOfDirectory(at: built, includingPropertiesForKeys: nil)) ?? []
    let packages = files.filter { $0.lastPathComponent.hasPrefix("tactus_") && $0.pathExtension == "deb" }
    func age(_ file: URL) -> TimeInterval {
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)  // just listed
      return (attributes?[.modificationDate] as? Date)?.timeIntervalSinceNow ?? -.infinity
    }
    guard let newest = packages.max(by: { age($0) < age($1) }) else {
      fatalError("there is no package in \(built.path): run make deb first")
    }
    return newest.path
  }()

  /// Boots a machine with the package, socket and daemon enabled and started.
  ///
  /// - Parameter settings: the text of tactusd.conf.
  /// - Parameter unit: a drop-in of tactusd.service.
  static func installed(
    workflows: [String: String] = [:], settings: String? = nil, unit: String? = nil
  ) async throws -> ServiceLab {
    let machine = try await ServiceLab()
    try await machine.install()
    if let settings { try await machine.write("/etc/tactus/tactusd.conf", settings) }
    if let unit {
      try await machine.write("/etc/systemd/system/tactusd.service.d/test.conf", unit)
      try await machine.shell("systemctl daemon-reload")
    }
    for (name, text) in workflows { try await machine.define(name, text) }
    try await machine.shell("systemctl enable --now --quiet tactusd.socket tactusd")
    return machine
  }

  /// Installs or reinstalls the package.
  ///
  /// This enables and starts no unit.
  func install() async throws {
    let path = "/root/\(URL(filePath: Self.package).lastPathComponent)"
    try await copy(Self.package, to: path)
    try await shell("apt-get install --yes --reinstall \(path)")
  }

  /// Writes the file of a workflow, which a reload or a start reads.
  func define(_ name: String, _ text: String) async throws {
    try await write("/etc/tactus/workflows/\(name).workflow", text)
  }

  /// Runs `tactusctl`.
  func control(_ arguments: String..., as user: String? = nil) async throws -> Ran {
    try await run(["tactusctl"] + arguments, as: user)
  }

  /// Audits the store as root, while the daemon runs or not, and throws the problems found.
  func verify() async throws { try await run(["tactusd", "--verify"]).expectSuccess() }

  /// The fields of a job that tests read from `tactusctl --json=short`.
  struct Job: Decodable, Hashable, Sendable {
    var id: String
    var workflow: String?
    var status: String
    var trigger: String
    var exitCode: Int?
    var errorCode: String?
    var errorMessage: String?
  }

  private struct Page: Decodable {
    var jobs: [Job]
    var nextCursor: String?
  }

  /// All jobs that `tactusctl list-jobs` finds with these options, newest first.
  func jobs(_ options: String...) async throws -> [Job] {
    var (jobs, cursor): ([Job], String?) = ([], nil)
    repeat {
      let page = try await run(
        ["tactusctl", "list-jobs", "--json=short", "--limit=1000"] + options + (cursor.map { ["--cursor=\($0)"] } ?? [])
      )
      let decoded = try Self.decoder.decode(Page.self, from: Data(page.expectSuccess().utf8))
      jobs += decoded.jobs
      cursor = decoded.nextCursor
    } while cursor != nil
    return jobs
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  // MARK: systemd

  /// A property of a unit, from `systemctl show`.
  func property(_ name: String, of unit: String = "tactusd.service") async throws -> String {
    try await shell("systemctl show --value --property=\(name) \(unit)")
  }

  /// The id of the daemon's process on the machine, or 0 if the daemon does not run.
  var daemonProcess: Int { get async throws { Int(try await property("MainPID")) ?? 0 } }

  /// Kills the daemon with SIGKILL, after which systemd restarts it.
  func killDaemon() async throws { try await shell("systemctl kill --kill-who=main --signal=KILL tactusd.service") }

  /// Stops journald and the sockets that would start it again.
  func stopJournal() async throws {
    try await shell("systemctl stop 'systemd-journald*.socket' systemd-journald.service")
  }

  /// Starts journald and its sockets after ``stopJournal()``.
  func startJournal() async throws {
    try await shell("systemctl start systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service")
  }

  /// An entry of the journal.
  struct Entry: Sendable {
    /// All text fields.
    var fields: [String: String]
    var message: String { fields["MESSAGE"] ?? "" }

    subscript(field: String) -> String? { fields[field] }
  }

  /// The entries that `journalctl` finds with these arguments, oldest first.
  func journal(_ arguments: String...) async throws -> [Entry] {
    try await run(["journalctl", "--sync"]).expectSuccess()
    return try await run(["journalctl", "--output=json", "--all", "--quiet"] + arguments).expectSuccess()
      .split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return Entry(fields: (object ?? [:]).compactMapValues { $0 as? String })
      }
  }
}
