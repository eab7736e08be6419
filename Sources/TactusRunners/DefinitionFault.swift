/// Why a job cannot run as it is defined: a message that names the setting, the reason and the way out.
struct DefinitionFault: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
