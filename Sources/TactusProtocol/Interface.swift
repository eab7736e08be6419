/// The interfaces that the daemon serves; the files in `Interfaces/` describe them.
public enum Interface: String, CaseIterable, Sendable {
  /// Introspection, which every Varlink service has.
  case service = "org.varlink.service"
  /// The daemon itself.
  case daemon = "io.tactus.Daemon"
  /// Workflows.
  case workflows = "io.tactus.Workflows"
  /// Jobs.
  case jobs = "io.tactus.Jobs"

  /// The text of the interface's file.
  public var description: String {
    switch self {
    case .service: String(decoding: PackageResources.org_varlink_service_varlink, as: UTF8.self)
    case .daemon: String(decoding: PackageResources.io_tactus_Daemon_varlink, as: UTF8.self)
    case .workflows: String(decoding: PackageResources.io_tactus_Workflows_varlink, as: UTF8.self)
    case .jobs: String(decoding: PackageResources.io_tactus_Jobs_varlink, as: UTF8.self)
    }
  }
}
