/// Refuses hosts beyond ASCII: the resolver knows only their form that begins with `xn--`.
///
/// The message gives that form. The host is not converted, so that a file names the same host in every locale.
enum InternationalHost {
  /// Refuses a host with characters beyond ASCII, also percent-encoded ones.
  static func check(_ host: Substring) throws(ValueRefusal) {
    let name = decoded(host)
    guard let foreign = name.unicodeScalars.first(where: { !$0.isASCII }) else { return }
    let reason = "contains the character U+\(foreign.hexadecimal) in its host, but DNS knows only ASCII"
    guard let ascii = asciiForm(of: name) else { throw ValueRefusal("\(reason). Write its form that begins with xn--") }
    throw ValueRefusal("\(reason). Write \(ascii)")
  }

  /// Returns the host without percent-encoding.
  private static func decoded(_ host: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(host.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns the host in ASCII; nil if its letters need a mapping first.
  ///
  /// Source: RFC 5890, section 2.3.2.1 (A-labels); UTS 46, section 4
  private static func asciiForm(of host: String) -> String? {
    // DNS has no longer names, and the code below is slow for long texts. Source: RFC 1035, section 2.3.4
    guard host.utf8.count <= 4 * 253 else { return nil }
    var labels: [String] = []
    for label in host.lowercased().split(separator: ".", omittingEmptySubsequences: false) {
      let scalars = label.flatMap { composed($0).unicodeScalars }
      guard scalars.allSatisfy(isPlain) else { return nil }
      labels.append(scalars.allSatisfy(\.isASCII) ? String(label) : "xn--\(punycode(scalars))")
    }
    return labels.joined(separator: ".")
  }

  /// Whether a letter, mark or digit needs no mapping.
  ///
  /// Sharp s needs none, although case folding replaces it.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains(scalar) }
    if scalar == "ß" { return true }
    guard !scalar.properties.changesWhenNFKCCaseFolded else { return false }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
    default: return false
    }
  }

  /// Returns the same character as one scalar, if Unicode has it: some keyboards write ü as u with a mark.
  private static func composed(_ character: Character) -> Character {
    guard character.unicodeScalars.count > 1 else { return character }
    let blocks: [ClosedRange<UInt32>] = [
      0xC0...0x24F, 0x370...0x52F, 0x1E00...0x1FFF, 0x3040...0x30FF, 0xAC00...0xD7A3,
    ]
    for code in blocks.joined() {
      guard let scalar = Unicode.Scalar(code), Character(scalar) == character else { continue }
      return Character(scalar)
    }
    return character
  }

  /// Encodes a label as letters and digits.
  ///
  /// Source: RFC 3492, section 6.3
  private static func punycode(_ input: [Unicode.Scalar]) -> String {
    var output = String(String.UnicodeScalarView(input.filter(\.isASCII)))
    let basic = output.utf8.count
    if basic > 0 { output.append("-") }
    var (code, delta, bias, handled): (UInt32, Int, Int, Int) = (128, 0, 72, basic)
    while handled < input.count {
      let next = input.map(\.value).filter { $0 >= code }.min() ?? code
      delta += Int(next - code) * (handled + 1)
      code = next
      for scalar in input {
        if scalar.value < code { delta += 1 }
        guard scalar.value == code else { continue }
        output += digits(of: delta, bias: bias)
        bias = adapted(delta, handled + 1, isFirst: handled == basic)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return output
  }

  private static func digits(of delta: Int, bias: Int) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var (rest, position, digits) = (delta, 36, "")
    while true {
      let threshold = min(max(position - bias, 1), 26)
      guard rest >= threshold else { return digits + String(alphabet[rest]) }
      digits.append(alphabet[threshold + (rest - threshold) % (36 - threshold)])
      rest = (rest - threshold) / (36 - threshold)
      position += 36
    }
  }

  /// Returns the bias for the next delta.
  ///
  /// Source: RFC 3492, section 6.1
  private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var position = 0
    while delta > 455 {
      delta /= 35
      position += 36
    }
    return position + 36 * delta / (delta + 38)
  }
}
