internal import TactusModel

/// The containers of an engine whose removal failed, by name; at most ``Limits/unremovedContainers``.
///
/// They are removed by name before the others are looked for: podman lists no container at all while one of them is
/// removed halfway. Further ones are only found by their labels.
struct UnremovedContainers {
  private var names: Set<String> = []

  /// The name that is next; nil if none is known.
  var first: String? { names.min() }

  func contains(_ name: String) -> Bool { names.contains(name) }

  /// Notes whether a container was removed.
  mutating func note(_ name: String, isRemoved: Bool) {
    if isRemoved {
      names.remove(name)
    } else if names.count < Limits.unremovedContainers {
      names.insert(name)
    }
  }
}
