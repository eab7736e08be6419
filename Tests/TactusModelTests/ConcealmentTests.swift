import TactusModel
import Testing

@Suite("Concealed secrets in messages")
struct ConcealmentTests {
  @Test("An assignment keeps its name, and a long value or argument is also concealed on its own")
  func values() {
    let concealment = Concealment(
      variables: ["A=1", "TOKEN=long-secret", "EMPTY=", "none"], arguments: ["-x", "--key=abcdef"])
    #expect(
      concealment.applied(to: "bad A=1, TOKEN=long-secret and long-secret, long-secret; EMPTY= -x --key=abcdef 1")
        == "bad A=…, TOKEN=… and …, …; EMPTY= -x … 1")
    #expect(Concealment().applied(to: "nothing to hide") == "nothing to hide")
  }

  @Test("Of two overlapping values the longer one is concealed first, so that no part of it is left")
  func overlap() {
    let concealment = Concealment(variables: ["A=secret-key", "B=secret-key-and-more"])
    #expect(concealment.applied(to: "secret-key-and-more secret-key") == "… …")
  }

  @Test(
    "A URL is shown without user, password, query and fragment",
    arguments: [
      ("get http://host/path: refused", "get http://host/path: refused"),
      ("get \"https://user:pw@host:8443/v2/\": refused", "get \"https://…@host:8443/v2/\": refused"),
      ("http://u:p@w@host?a=b next", "http://…@host?… next"), ("ftp://h#frag", "ftp://h?…"), ("a://", "a://"),
      ("two http://a:b@c and http://d:e@f/", "two http://…@c and http://…@f/"), ("no address", "no address"),
    ])
  func addresses(_ sentence: String, _ shown: String) {
    #expect(Concealment.withoutSecretsOfURLs(sentence) == shown)
  }
}
