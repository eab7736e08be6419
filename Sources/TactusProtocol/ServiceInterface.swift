/// `org.varlink.service.GetInfo`: the product and its interfaces.
public struct DescribeService: Request {
  /// The full name of the method.
  public static let method = "org.varlink.service.GetInfo"
  /// No parameters.
  public static let parameters: [String] = []
  /// Open to all users.
  public static let right = Right.look

  /// Creates a request.
  public init() {}

  /// The product and its interfaces.
  public struct Reply: Codable, Hashable, Sendable {
    /// The vendor of the product.
    public var vendor: String
    /// The name of the product.
    public var product: String
    /// Its version.
    public var version: String
    /// The URL of the product; empty if unknown.
    public var url: String
    /// The names of the interfaces.
    public var interfaces: [String]

    /// Creates the reply of a Tactus daemon.
    public init(version: String) {
      vendor = "Tactus"
      product = "tactusd"
      self.version = version
      url = ""
      interfaces = Interface.allCases.map(\.rawValue)
    }
  }
}

/// `org.varlink.service.GetInterfaceDescription`: the definition of an interface.
public struct GetInterfaceDescription: Request {
  /// The full name of the method.
  public static let method = "org.varlink.service.GetInterfaceDescription"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// The name of the interface.
  public var interface: String

  /// Requests an interface.
  public init(interface: String) { self.interface = interface }

  /// The definition.
  public struct Reply: Codable, Hashable, Sendable {
    /// The text of the interface's file.
    public var description: String

    /// Creates a reply.
    public init(description: String) { self.description = description }
  }

  /// Returns the reply.
  ///
  /// - Throws: `interfaceNotFound`.
  public func answer() throws(CallFailure) -> Reply {
    guard let served = Interface(rawValue: interface) else { throw .interfaceNotFound(interface: interface) }
    return Reply(description: served.description)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case interface
  }
}
