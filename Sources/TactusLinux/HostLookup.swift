import Glibc

/// Looks up host names with the system's resolver, each on its own thread.
///
/// The corresponding C function is `getaddrinfo`. It cannot be canceled: a name server that does not answer blocks the
/// thread for as long as resolv.conf(5) allows, 10 seconds by default. Callers limit how many they start.
public enum HostLookup {
  /// The result of a lookup.
  public enum Answer: Hashable, Sendable {
    /// Numeric addresses, in the order in which to try them.
    ///
    /// At least one.
    case addresses([String])
    /// No address.
    ///
    /// The text is the resolver's.
    case failed(String)
    /// This host lacks a thread, a descriptor or memory for the lookup: the errno.
    case shortage(Int32)
  }

  /// Starts a lookup.
  ///
  /// Returns at once.
  ///
  /// - Parameters:
  ///   - name: a host name without port or brackets.
  ///   - answer: called once, on the thread of the lookup.
  /// - Throws: ``SystemError`` if no thread can be created. The answer is then not called.
  public static func start(_ name: String, answer: @escaping @Sendable (Answer) -> Void) throws(SystemError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let errand = Unmanaged.passRetained(Errand { answer(addresses(of: name)) })
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Errand>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, errand.toOpaque())
    guard code == 0 else {
      errand.release()
      throw SystemError(code: code, operation: "start", subject: "a thread to look up \(name)")
    }
  }

  /// The work of one thread.
  private final class Errand {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func addresses(of name: String) -> Answer {
    if let code = shortage() { return .shortage(code) }
    var hints = addrinfo()
    // On a host without IPv6, its addresses would only be tried in sequence and fail.
    hints.ai_family = hasIPv6() ? AF_UNSPEC : AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    let systemCode = errno
    guard code == 0 else {
      if code == EAI_SYSTEM { return .failed(SystemError.words(for: systemCode)) }
      // glibc reports a missing descriptor as a name that does not exist.
      if let shortage = code == EAI_MEMORY ? ENOMEM : shortage() { return .shortage(shortage) }
      return .failed(String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    let found = sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { entry in
      entry.flatMap { numeric($0.pointee) }
    }
    // A zone cannot be passed on. Addresses that need one are the last resort.
    let zoneless = found.filter { !$0.contains("%") }
    let usable = zoneless.isEmpty ? found.map { String($0.prefix { $0 != "%" }) } : zoneless
    return usable.isEmpty ? .failed("no usable address") : .addresses(usable)
  }

  private static func numeric(_ entry: addrinfo) -> String? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, Int32(NI_NUMERICHOST))
    guard code == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func hasIPv6() -> Bool {
    let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    Descriptor.close(descriptor)
    return true
  }

  /// The errno if this host lacks a descriptor or memory for a socket; otherwise nil.
  private static func shortage() -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let code = errno
    guard descriptor < 0 else {
      Descriptor.close(descriptor)
      return nil
    }
    return [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) ? code : nil
  }
}
