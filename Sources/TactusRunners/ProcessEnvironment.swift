import TactusLinux
import TactusPorts

/// Builds the environment of a job.
///
/// Nothing is inherited from the daemon except the variables in `base`.
struct ProcessEnvironment {
  private let base: [String]

  /// Takes the variables that every job gets, as `NAME=value`.
  init(base: [String]) { self.base = base }

  /// All variables of one job, each name once.
  ///
  /// The account's variables override those in `base`. The definition overrides both. The variables of Tactus override
  /// all.
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
