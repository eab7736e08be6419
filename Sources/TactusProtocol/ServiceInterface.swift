/// `org.varlink.service.GetInfo`: who serves here.
public struct DescribeService: Request {
  /// The full name.
  public static let method = "org.varlink.service.GetInfo"
  /// None.
  public static let parameters: [String] = []
  /// What anybody may see.
  public static let right = Right.look

  /// The only one.
  public init() {}

  /// Who serves here.
  public struct Reply: Codable, Hashable, Sendable {
    /// Who makes the product.
    public var vendor: String
    /// What it is called.
    public var product: String
    /// Its version.
    public var version: String
    /// Where its home is; empty if it has none.
    public var url: String
    /// The names of the interfaces.
    public var interfaces: [String]

    /// The answer of a Tactus daemon.
    public init(version: String) {
      vendor = "Tactus"
      product = "tactusd"
      self.version = version
      url = ""
      interfaces = Interface.allCases.map(\.rawValue)
    }
  }
}

/// `org.varlink.service.GetInterfaceDescription`: what an interface looks like.
public struct GetInterfaceDescription: Request {
  /// The full name.
  public static let method = "org.varlink.service.GetInterfaceDescription"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// What anybody may see.
  public static let right = Right.look

  /// The interface's name.
  public var interface: String

  /// Asks for an interface.
  public init(interface: String) { self.interface = interface }

  /// The text.
  public struct Reply: Codable, Hashable, Sendable {
    /// The interface's file.
    public var description: String

    /// Wraps the text.
    public init(description: String) { self.description = description }
  }

  /// The answer.
  /// - Throws: `interfaceNotFound`.
  public func answer() throws(CallFailure) -> Reply {
    guard let served = Interface(rawValue: interface) else { throw .interfaceNotFound(interface: interface) }
    return Reply(description: served.description)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case interface
  }
}
