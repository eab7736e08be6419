import Glibc

/// How a terminal treats what is typed; kept, so that it can be left as it was found.
///
/// Source: termios(3).
public struct TerminalMode {
  private var settings: termios

  /// The mode of the terminal that a descriptor is.
  public init(of descriptor: Int32) throws(SystemError) {
    settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else {
      throw SystemError(code: errno, operation: "read", subject: "the mode of the terminal")
    }
  }

  /// The same, but each key is read at once and not shown; the keys that raise signals still do.
  public var keyByKey: TerminalMode {
    var mode = self
    mode.settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    // Control-S must not stop the picture: nobody would know why.
    mode.settings.c_iflag &= ~tcflag_t(IXON)
    withUnsafeMutableBytes(of: &mode.settings.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    return mode
  }

  /// Sets it, when what was written is shown; what was typed and not read is forgotten.
  ///
  /// In a background job the terminal stops the process until it is in the foreground again.
  public func set(on descriptor: Int32) throws(SystemError) {
    var settings = settings
    while tcsetattr(descriptor, TCSAFLUSH, &settings) != 0 {
      let code = errno
      if code == EINTR { continue }
      throw SystemError(code: code, operation: "set", subject: "the mode of the terminal")
    }
  }
}
