import TactusModel
import TactusProtocol

enum ProvidersVerb: Verb {
  static let name = "providers"
  static let summary = "List the container engines that run jobs"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    guard let providers = try invocation.call(ListProviders())?.providers else { return }
    let console = invocation.console
    guard !providers.isEmpty else {
      if invocation.isTalkative { console.print("There is no container engine. See tactus.provider(5).") }
      return
    }
    var table = Table([
      Table.Column(title: "NAME"), Table.Column(title: "STATE"), Table.Column(title: "RUNNING", isRight: true),
      Table.Column(title: "MAX", isRight: true), Table.Column(title: "CAPABILITIES"),
      Table.Column(title: "ENDPOINT", isFlexible: true),
    ])
    for provider in providers {
      table.add([
        Table.Cell(provider.name), Table.Cell(provider.state.rawValue, provider.state == .live ? .good : .bad),
        Table.Cell("\(provider.running)"), Table.Cell(provider.maxRunning.map(String.init)),
        Table.Cell(provider.capabilities.joined(separator: " ")), Table.Cell(provider.endpoint),
      ])
    }
    table.print(on: console, hasHeading: invocation.hasLegend)
    for provider in providers {
      if let error = provider.lastError { console.print(wrapped: "\(provider.name.visible): \(error.visible)") }
    }
  }
}
