internal import Glibc
internal import TactusLinux

/// Searches the files of polkit's rules.
///
/// They are programs, so only polkit knows their results.
enum PolkitRules {
  /// The folders of rules; the `localauthority` folders have those of versions before 106.
  ///
  /// Source: polkit(8), "Authorization rules"
  private static let folders =
    ["/etc", "/run", "/usr/local/share", "/usr/share"].map { "\($0)/polkit-1/rules.d" }
    + ["/etc", "/var/lib"].flatMap { root in
      (["", "/10-vendor.d", "/20-org.d", "/30-site.d", "/50-local.d", "/90-mandatory.d"]).map {
        "\(root)/polkit-1/localauthority\($0)"
      }
    }

  /// Whether a rule mentions an account or systemd units, so that it may allow units; nil if not all rules are
  /// readable.
  static func mayConcern(_ account: String) -> Bool? {
    for folder in folders {
      let names: [String]
      switch Files.list(folder) {
      case .success(let found): names = found
      case .failure(let error) where error.code == ENOENT || error.code == ENOTDIR: continue
      case .failure: return nil
      }
      for name in names where name.hasSuffix(".rules") || name.hasSuffix(".pkla") {
        // A link to a missing file is not a rule.
        guard access("\(folder)/\(name)", F_OK) == 0 else { continue }
        // A rule that cannot be read, for any reason, is unknown.
        guard let bytes = try? RegularFile.bytes("\(folder)/\(name)", limit: 1 << 20) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if [account, "manage-units", "systemd1"].contains(where: text.contains) { return true }
      }
    }
    return false
  }
}
