import CLinux
import Glibc

/// Terminal functions for programs that print for people.
public enum Terminal {
  /// Whether a descriptor is a terminal.
  ///
  /// The corresponding C function is `isatty`.
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The number of columns; nil if it is not a terminal or does not know its size.
  ///
  /// Source: ioctl_tty(2), TIOCGWINSZ
  public static func columns(of descriptor: Int32) -> Int? {
    let columns = tactus_terminal_columns(descriptor)
    return columns > 0 ? Int(columns) : nil
  }

  /// How many columns a character takes, 0 to 2.
  ///
  /// East Asian wide characters take two, combining marks none.
  ///
  /// Characters that the C library does not know count as one. The corresponding C function is `wcwidth`.
  public static func columns(of character: Unicode.Scalar) -> Int {
    if character.isASCII { return 1 }
    let columns = tactus_character_columns(character.value)
    return columns < 0 ? 1 : Int(columns)
  }

  /// The number of columns and rows; 80 and 24 for a terminal that does not know its size.
  ///
  /// Source: ioctl_tty(2), TIOCGWINSZ
  public static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    let (columns, rows) = (tactus_terminal_columns(descriptor), tactus_terminal_rows(descriptor))
    return columns > 0 && rows > 0 ? (Int(columns), Int(rows)) : (80, 24)
  }

  /// Whether this process may use the terminal.
  ///
  /// Also true for a terminal other than that of its session.
  public static func isForeground(_ descriptor: Int32) -> Bool {
    let group = tcgetpgrp(descriptor)
    return group < 0 || group == getpgrp()
  }

  /// Reopens the terminal of a descriptor for non-blocking writes.
  ///
  /// The caller closes it.
  ///
  /// The flag belongs to the open file, which is shared with the shell. So it must not be set there.
  public static func reopened(_ descriptor: Int32) throws(SystemError) -> Int32 {
    try Descriptor.open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NOCTTY | O_NONBLOCK)
  }
}
