import FoundationEssentials
import TactusProtocol

/// An object that passes is within the limits, and each of its members can be read.
func checkObject(_ text: [UInt8]) throws(Violation) {
  let object: JSONObject
  do throws(JSONProblem) {
    object = try JSONObject(text)
  } catch {
    try hold(!error.reason.isEmpty, "a text is refused without a reason")
    try hold((0...text.count).contains(error.offset), "the error is outside the text, at byte \(error.offset)")
    return
  }
  try hold(depth(of: object.text) <= JSONObject.depthLimit, "an object passes that is too deep")
  try hold(Set(object.members.map(\.name)).count == object.members.count, "an object with a duplicate name passes")
  let again = try sound("an object that passed does not pass again") { () throws(JSONProblem) in
    try JSONObject(object.text)
  }
  try hold(again.members == object.members, "an object is read with other members the second time")
  for member in object.members {
    let alone = Array("{\"a\":".utf8) + object.text[member.value] + [UInt8(ascii: "}")]
    _ = try sound("the value of \(member.name) is invalid by itself") { () throws(JSONProblem) in
      try JSONObject(alone)
    }
  }
  _ = try sound("JSONDecoder refuses an object that passed") {
    try JSONDecoder().decode(Anything.self, from: Data(object.text))
  }
}

/// The nesting depth of a well-formed text.
private func depth(of text: [UInt8]) -> Int {
  var (depth, deepest, isInString, isEscaped) = (0, 0, false, false)
  for byte in text {
    switch byte {
    case _ where isEscaped: isEscaped = false
    case UInt8(ascii: "\\"): isEscaped = isInString
    case UInt8(ascii: "\""): isInString.toggle()
    case _ where isInString: break
    case UInt8(ascii: "{"), UInt8(ascii: "["): (depth, deepest) = (depth + 1, max(deepest, depth + 1))
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
  }
  return deepest
}

/// A value that is not read, so that decoding it checks only the structure of the text.
private struct Anything: Decodable {
  init(from decoder: any Decoder) {}
}
