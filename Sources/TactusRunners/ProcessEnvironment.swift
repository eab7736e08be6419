import TactusLinux
import TactusPorts

/// What a job finds in its environment: of the daemon's own only what it was given, and nothing by inheritance.
struct ProcessEnvironment {
  private let base: [String]

  /// `NAME=value` for every job.
  init(base: [String]) { self.base = base }

  /// Everything for one job: each name once; the account's own override the daemon's, the definition overrides both, and
  /// what Tactus tells overrides all.
  func variables(for order: RunOrder, account: Account? = nil, own: [String]) -> [String] {
    var variables: [String] = []
    var places: [Substring: Int] = [:]
    func set(_ variable: String) {
      let name = Substring(variable.utf8.prefix { $0 != UInt8(ascii: "=") })
      if let place = places[name] {
        variables[place] = variable
      } else {
        places[name] = variables.count
        variables.append(variable)
      }
    }
    base.forEach(set)
    account?.variables.forEach(set)
    for variable in own where !variable.utf8.starts(with: "TACTUS_".utf8) { set(variable) }
    order.environment.forEach(set)
    return variables
  }
}
