import Glibc

/// Walks through a control group and the groups below it, with one open directory at a time.
///
/// A job may nest groups deeper than PATH_MAX or its descriptors allow. So the walk builds no paths and does not
/// recurse: it enters a group by its name and leaves it by `..`.
struct ControlGroupTree: ~Copyable {
  /// The current group.
  private var directory: Int32

  /// Begins at a group; nil if it cannot be opened, usually because it is gone.
  init?(at path: String) {
    // Others may remove the group at any time.
    guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { return nil }
    self.directory = directory
  }

  deinit { Descriptor.close(directory) }

  /// Visits the group and every group below, in O(groups) time.
  ///
  /// Memory is O(names on the path to the current group).
  mutating func visit(_ body: (Int32) -> Void) {
    body(directory)
    var levels = [names()]
    while var names = levels.popLast() {
      if let name = names.popLast() {
        levels.append(names)
        // It may be gone by now.
        guard enter(name) else { continue }
        body(directory)
        levels.append(self.names())
      } else if !levels.isEmpty {
        guard enter("..") else { return }
      }
    }
  }

  /// Removes every group below, deepest first.
  ///
  /// Returns false if one of them cannot be removed.
  mutating func removeBelow() -> Bool {
    var depth = 0
    var hasEntered = false
    while true {
      if let name = names(limit: 1).first {
        hasEntered = false
        if unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT { continue }
        guard errno == EBUSY, enter(name) else { return false }
        (depth, hasEntered) = (depth + 1, true)
      } else {
        // A group without child groups that cannot be removed has processes.
        if hasEntered { return false }
        if depth == 0 { return true }
        guard enter("..") else { return false }
        depth -= 1
      }
    }
  }

  private mutating func enter(_ name: String) -> Bool {
    let entered = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard entered >= 0 else { return false }
    Descriptor.close(directory)
    directory = entered
    return true
  }

  /// The names of the child groups, up to a limit.
  private func names(limit: Int = .max) -> [String] {
    // Opened again, because fdopendir takes its descriptor and closes it.
    let opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { return [] }
    guard let entries = fdopendir(opened) else {
      Descriptor.close(opened)
      return []
    }
    defer { closedir(entries) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(entries) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
