/// A host in letters beyond ASCII, of which the resolver knows only the form that begins with `xn--`.
///
/// It is refused with that form rather than converted, so that a file names the same host in every locale.
enum InternationalHost {
  /// Refuses a host beyond ASCII, as characters or percent-encoded, with what to write instead.
  static func check(_ host: Substring) throws(Refusal) {
    let name = decoded(host)
    guard let foreign = name.unicodeScalars.first(where: { !$0.isASCII }) else { return }
    let reason = "contains the character U+\(foreign.hexadecimal) in its host, and DNS knows only ASCII"
    guard let ascii = asciiForm(of: name) else { throw Refusal("\(reason): write its form that begins with xn--") }
    throw Refusal("\(reason): write \(ascii)")
  }

  /// Without percent-encoding.
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

  /// The host in ASCII; nil if its letters would have to be replaced by others first.
  ///
  /// Source: RFC 5890, section 2.3.2.1 (A-labels); UTS 46, section 4
  private static func asciiForm(of host: String) -> String? {
    // No name of DNS is longer, and what follows is not meant for long texts. Source: RFC 1035, section 2.3.4
    guard host.utf8.count <= 4 * 253 else { return nil }
    var labels: [String] = []
    for label in host.lowercased().split(separator: ".", omittingEmptySubsequences: false) {
      let scalars = label.flatMap { composed($0).unicodeScalars }
      guard scalars.allSatisfy(isPlain) else { return nil }
      labels.append(scalars.allSatisfy(\.isASCII) ? String(label) : "xn--\(punycode(scalars))")
    }
    return labels.joined(separator: ".")
  }

  /// A letter, a mark or a digit that stays what it is; sharp s does, although case folding replaces it.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains(scalar) }
    if scalar == "ß" { return true }
    guard !scalar.properties.changesWhenNFKCCaseFolded else { return false }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
    default: return false
    }
  }

  /// The same character as one scalar, if there is one: some keyboards write ü as u with a mark.
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

  /// The letters and digits that stand for a label.
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

  /// The bias for the next delta.
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
