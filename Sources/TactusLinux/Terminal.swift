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
}
