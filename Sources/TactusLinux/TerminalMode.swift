import Glibc

/// The input mode of a terminal, saved so that it can be restored.
///
/// Source: termios(3)
public struct TerminalMode {
  private var settings: termios

  /// The current mode of a terminal.
  public init(of descriptor: Int32) throws(SystemError) {
    settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else {
      throw SystemError(code: errno, operation: "read", subject: "the mode of the terminal")
    }
  }

  /// The same mode, but each key is read at once and not shown.
  ///
  /// Keys that raise signals still do.
  public var keyByKey: TerminalMode {
    var mode = self
    mode.settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    // Control-S must not freeze the display without explanation.
    mode.settings.c_iflag &= ~tcflag_t(IXON)
    withUnsafeMutableBytes(of: &mode.settings.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    return mode
  }

  /// Sets the mode after pending output is shown.
  ///
  /// Unread input is discarded.
  ///
  /// In a background job, the terminal stops the process until it is in the foreground again.
  public func set(on descriptor: Int32) throws(SystemError) {
    var settings = settings
    while tcsetattr(descriptor, TCSAFLUSH, &settings) != 0 {
      let code = errno
      if code == EINTR { continue }
      throw SystemError(code: code, operation: "set", subject: "the mode of the terminal")
    }
  }
}
