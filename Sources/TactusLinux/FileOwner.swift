import Glibc

/// The owner and mode of a file, for messages.
public enum FileOwner {
  /// `mode 600, root:root`.
  public static func text(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "its mode cannot be read" }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? "gid \(status.st_gid)"
    return "mode \(String(status.st_mode & 0o7777, radix: 8)), \(Account.name(of: status.st_uid)):\(group)"
  }
}
