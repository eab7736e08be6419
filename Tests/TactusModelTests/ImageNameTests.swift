import TactusModel
import Testing

@Suite("Names of images")
struct ImageNameTests {
  @Test(
    "Every name that the grammar allows is split into its parts",
    arguments: [
      ("alpine", "alpine", nil, nil, "latest"), ("alpine:3.20", "alpine", "3.20", nil, "3.20"),
      ("localhost/busybox:1", "localhost/busybox", "1", nil, "1"),
      ("127.0.0.1:5000/t/bb", "127.0.0.1:5000/t/bb", nil, nil, "latest"),
      ("Registry.Example.org/a__b/c-d.e:V_1", "Registry.Example.org/a__b/c-d.e", "V_1", nil, "V_1"),
    ] as [(String, String, String?, String?, String)])
  func good(_ text: String, _ repository: String, _ tag: String?, _ digest: String?, _ reference: String) throws {
    let name = try #require(ImageName(text))
    #expect(name.repository == repository && name.tag == tag && name.digest == digest && name.reference == reference)
    #expect(name.text == text)
  }

  @Test("A digest takes precedence over a tag")
  func digest() throws {
    let digest = "sha256:" + String(repeating: "0f", count: 32)
    let name = try #require(ImageName("host/a:1@\(digest)"))
    #expect(name.tag == "1" && name.digest == digest && name.reference == digest && name.repository == "host/a")
  }

  @Test(
    "A text that is not an image name is refused",
    arguments: [
      "", "UPPER", "a/B", "a:", "a:b:c", "a@", "a@sha256:12", "-a", "a-", "a..b", "a___b", "a//b", "/a", "a/", "a b",
      "a\nb", "a:-x", "host:0/a", "host:70000/a", "host:x/a", "ho st/a", "é", "a?b", "a%2fb",
      String(repeating: "a", count: 256),
    ])
  func bad(_ text: String) { #expect(ImageName(text) == nil) }
}
