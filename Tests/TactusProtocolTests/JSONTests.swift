import Foundation
import Testing

@testable import TactusProtocol

@Suite("JSON text")
struct JSONTests {
  @Test(
    "A text that is not an object is refused",
    arguments: [
      "", " ", "null", "[]", "\"a\"", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}",
      "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":NaN}", "{\"a\":tru}",
      "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"b}",
      "{\"a\":\"\u{1}\"}", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"a\":1/**/}",
    ])
  func refused(text: String) {
    #expect(throws: JSONProblem.self) { try JSONObject(Array(text.utf8)) }
  }

  @Test("Bytes that are not UTF-8 are refused")
  func notUTF8() {
    #expect(throws: JSONProblem(reason: "not UTF-8", offset: 0)) {
      try JSONObject([UInt8(ascii: "{"), UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\""), UInt8(ascii: "}")])
    }
  }

  @Test("Everything that RFC 8259 allows is accepted, and members keep their text")
  func taken() throws {
    let text = #" { "a" : [ 1, -0.5e+10, true, false, null, {} , [] ] , "b\u0021" : "\"\\\/\b\f\n\r\t\u00e9" } "#
    let object = try JSONObject(Array(text.utf8))
    #expect(object.members.map(\.name) == ["a", "b!"])
    let a = try #require(object["a"])
    #expect(String(decoding: a, as: UTF8.self) == "[ 1, -0.5e+10, true, false, null, {} , [] ]")
    #expect(object["c"] == nil)
  }

  @Test("Depth 64 is accepted and 65 refused, in objects and arrays")
  func depth() throws {
    for (opener, closer) in [("[", "]"), ("{\"a\":", "}")] {
      func nested(_ depth: Int) -> [UInt8] {
        let inner = opener == "[" ? "" : "1"
        return Array(
          ("{\"a\":" + String(repeating: opener, count: depth - 1) + inner
            + String(repeating: closer, count: depth - 1) + "}").utf8)
      }
      _ = try JSONObject(nested(64))
      #expect(throws: JSONProblem.self) { try JSONObject(nested(65)) }
      #expect(throws: JSONProblem.self) { try JSONObject(nested(100_000)) }
    }
  }

  @Test("JSONDecoder reads the output of the writer")
  func writer() throws {
    struct Everything: Codable, Equatable {
      var text = "quote \" backslash \\ newline \n tab \t bell \u{7} é 🎼"
      var no: Int?
      var yes: Int? = -5
      var big = Int64.max
      var truth = true
      var list = [[1, 2], []]
      var map = ["k": "v"]
      var empty: [String] = []
    }
    let bytes = JSONWriter.text(Everything())
    #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == Everything())
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"text":"quote \" backslash \\ newline \n tab \t bell \u0007 é 🎼","yes":-5,"big":9223372036854775807,"#
        + #""truth":true,"list":[[1,2],[]],"map":{"k":"v"},"empty":[]}"#)
  }
}
