import TactusMessages
public import TactusModel

/// Reads `providers/NAME.provider`: a container engine that runs jobs.
///
/// tactus.provider(5) describes the keys.
public enum ProviderFile {
  /// Reads a provider, or returns all problems of the file.
  public static func read(
    _ bytes: [UInt8], name: ProviderName, file: String
  ) -> Result<Provider, UnitFileProblems> {
    var reading = Reading(bytes, file: file, vocabulary: .provider)
    let section = "Provider"
    if reading.line(of: section) == nil {
      reading.complain(
        aboutAbsenceOf: [section],
        "has no [Provider]. Add it with Endpoint=, for example unix:///run/podman/podman.sock")
    }
    reading.require("Endpoint", in: section, example: "unix:///run/podman/podman.sock")
    _ = reading.value("Type", in: section, as: word(of: ProviderType.self))
    let endpoint = reading.value("Endpoint", in: section, as: engineEndpoint)
    let authorities = reading.value("TLSAuthorities", in: section, as: absolutePath)
    let certificate = reading.value("TLSCertificate", in: section, as: absolutePath)
    let key = reading.value("TLSKey", in: section, as: absolutePath)
    let words = reading.values("Capabilities", in: section, as: capabilities).flatMap(\.self)
    let maxRunning = reading.value("MaxRunning", in: section, as: number(Limits.maxRunning))
    let usesTLS = authorities != nil || certificate != nil || key != nil
    if (certificate == nil) != (key == nil), let line = reading.line(of: section) {
      reading.complain(line, "TLSCertificate= and TLSKey= belong together. Set both or neither")
    }
    if usesTLS, case .unix = endpoint, let line = reading.line(of: section) {
      reading.complain(line, "TLS files need a tcp:// endpoint. Remove them for a Unix socket")
    }
    let provider = endpoint.map { endpoint in
      var endpoint = endpoint
      if usesTLS, case .tcp(let host, let port, _) = endpoint {
        endpoint = .tcp(
          host: host, port: port, tls: .init(authorities: authorities, certificate: certificate, key: key))
      }
      return Provider(name: name, endpoint: endpoint, capabilities: Set(words), maxRunning: maxRunning)
    }
    return reading.result(provider)
  }

  /// Returns the name of the provider that a file defines.
  ///
  /// - Parameter file: the file's name without its directory.
  public static func name(ofFile file: String) -> Result<ProviderName, UnitFileProblems> {
    guard let stem = stem(of: file, suffix: ".provider") else {
      return .failure(.init(file, "is not named NAME.provider. Rename it"))
    }
    guard let name = ProviderName(stem) else {
      return .failure(.init(file, "does not name a provider: a name has \(WorkflowName.rule)"))
    }
    return .success(name)
  }
}

/// The types of providers.
private enum ProviderType: String, CaseIterable {
  case engine
}

/// Reads `unix:///path` or `tcp://host:port`.
private func engineEndpoint(_ text: String) throws(ValueRefusal) -> EngineEndpoint {
  if text.hasPrefix("unix://") {
    let path = try absolutePath(String(text.dropFirst("unix://".count)))
    guard path.utf8.count < 108 else {
      throw ValueRefusal("has a path of more than 107 bytes, which is the limit of Linux")
    }
    return .unix(path)
  }
  if text.hasPrefix("tcp://") {
    let rest = text.dropFirst("tcp://".count)
    // Hosts and ports have the grammar of URLs.
    _ = try endpoint("http://\(rest)")
    guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]), !rest.contains("/")
    else {
      throw ValueRefusal("has no port. Write for example tcp://engine.example.org:2376")
    }
    return .tcp(host: String(rest[..<colon]), port: port, tls: nil)
  }
  throw ValueRefusal("is neither a Unix socket nor a TCP address. Write unix:///path or tcp://host:port")
}
