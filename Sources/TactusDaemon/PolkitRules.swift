internal import Glibc
internal import TactusLinux

/// The rules of polkit, as far as their files tell: they are programs, and only polkit knows what comes of them.
enum PolkitRules {
  /// Where rules are; those of before version 106 in the last two.
  ///
  /// Source: polkit(8), "Authorization rules"
  private static let folders =
    ["/etc", "/run", "/usr/local/share", "/usr/share"].map { "\($0)/polkit-1/rules.d" }
    + ["/etc", "/var/lib"].flatMap { root in
      (["", "/10-vendor.d", "/20-org.d", "/30-site.d", "/50-local.d", "/90-mandatory.d"]).map {
        "\(root)/polkit-1/localauthority\($0)"
      }
    }

  /// Whether a rule speaks of an account, or of units of systemd, and so may let it start some; nil if not all can be read.
  static func mayConcern(_ account: String) -> Bool? {
    for folder in folders {
      let names: [String]
      switch Files.list(folder) {
      case .success(let found): names = found
      case .failure(let error) where error.code == ENOENT || error.code == ENOTDIR: continue
      case .failure: return nil
      }
      for name in names where name.hasSuffix(".rules") || name.hasSuffix(".pkla") {
        // A link whose target is gone is no rule.
        guard access("\(folder)/\(name)", F_OK) == 0 else { continue }
        // Whatever keeps it from being read, nothing is known of it then.
        guard let bytes = try? RegularFile.bytes("\(folder)/\(name)", limit: 1 << 20) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if [account, "manage-units", "systemd1"].contains(where: text.contains) { return true }
      }
    }
    return false
  }
}
