import CLinux
import Glibc

/// Terminals, as programs that print for people see them.
public enum Terminal {
  /// Whether a descriptor is a terminal; the corresponding C function is `isatty`.
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// How many columns it has; nil for what is no terminal or does not know.
  ///
  /// Source: ioctl_tty(2), TIOCGWINSZ.
  public static func columns(of descriptor: Int32) -> Int? {
    let columns = tactus_terminal_columns(descriptor)
    return columns > 0 ? Int(columns) : nil
  }

  /// How many columns a character takes, 0 to 2: East Asian wide ones take two, marks on the character before none.
  ///
  /// What the C library does not know counts as one. The corresponding C function is `wcwidth`.
  public static func columns(of character: Unicode.Scalar) -> Int {
    if character.isASCII { return 1 }
    let columns = tactus_character_columns(character.value)
    return columns < 0 ? 1 : Int(columns)
  }

  /// How many columns and rows it has; 80 and 24 for a terminal that does not know.
  ///
  /// Source: ioctl_tty(2), TIOCGWINSZ.
  public static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    let (columns, rows) = (tactus_terminal_columns(descriptor), tactus_terminal_rows(descriptor))
    return columns > 0 && rows > 0 ? (Int(columns), Int(rows)) : (80, 24)
  }

  /// Whether this process may use it; true as well for a terminal that is not the one of its session.
  public static func isForeground(_ descriptor: Int32) -> Bool {
    let group = tcgetpgrp(descriptor)
    return group < 0 || group == getpgrp()
  }

  /// Opens the terminal of a descriptor once more, for writes that return at once; the caller closes it.
  ///
  /// The flag belongs to what was opened, and that is shared with the shell: so it is not set there.
  public static func reopened(_ descriptor: Int32) throws(SystemError) -> Int32 {
    try Descriptor.open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NOCTTY | O_NONBLOCK)
  }
}
