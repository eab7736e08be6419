/// A small parser of interface definitions, sufficient for comparing the files with the Swift types.
///
/// Source: varlink.org, "Interface Definition Grammar".
struct VarlinkInterface {
  indirect enum Shape: Equatable {
    case bool, int, float, string
    case named(String)
    case options([String])
    case fields([Field])
    case list(Shape)
    case map(Shape)
    case optional(Shape)
  }

  struct Field: Equatable {
    let name: String
    let shape: Shape
  }

  struct Method {
    let input: [Field]
    let output: [Field]
  }

  private(set) var name = ""
  private(set) var types: [String: Shape] = [:]
  private(set) var methods: [String: Method] = [:]
  private(set) var errors: [String: [Field]] = [:]

  struct Mistake: Error {
    let expected: String
    let found: String
  }

  init(_ text: String) throws {
    var tokens = Tokens(text)
    try tokens.expect("interface")
    name = try tokens.word()
    while let keyword = tokens.next() {
      let name = try tokens.word()
      switch keyword {
      case "type": types[name] = try Self.shape(&tokens)
      case "error": errors[name] = try Self.fields(&tokens)
      case "method":
        let input = try Self.fields(&tokens)
        try tokens.expect("->")
        methods[name] = Method(input: input, output: try Self.fields(&tokens))
      default: throw Mistake(expected: "type, method or error", found: keyword)
      }
    }
  }

  private static func fields(_ tokens: inout Tokens) throws -> [Field] {
    guard case .fields(let fields) = try shape(&tokens) else { throw Mistake(expected: "fields", found: "options") }
    return fields
  }

  private static func shape(_ tokens: inout Tokens) throws -> Shape {
    let token = try tokens.word()
    switch token {
    case "?": return .optional(try shape(&tokens))
    case "[]": return .list(try shape(&tokens))
    case "[string]": return .map(try shape(&tokens))
    case "bool": return .bool
    case "int": return .int
    case "float": return .float
    case "string": return .string
    case "(": return try parenthesis(&tokens)
    default: return .named(token)
    }
  }

  private static func parenthesis(_ tokens: inout Tokens) throws -> Shape {
    var fields: [Field] = []
    var options: [String] = []
    while tokens.peek != ")" {
      let name = try tokens.word()
      if tokens.peek == ":" {
        _ = tokens.next()
        fields.append(Field(name: name, shape: try shape(&tokens)))
      } else {
        options.append(name)
      }
      if tokens.peek == "," { _ = tokens.next() }
    }
    try tokens.expect(")")
    return options.isEmpty ? .fields(fields) : .options(options)
  }

  private struct Tokens {
    private var rest: Substring

    init(_ text: String) {
      rest = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")[...]
    }

    var peek: String? {
      var copy = self
      return copy.next()
    }

    mutating func next() -> String? {
      rest = rest.drop { $0.isWhitespace }
      for symbol in ["->", "[string]", "[]", "(", ")", ",", ":", "?"] where rest.hasPrefix(symbol) {
        rest = rest.dropFirst(symbol.count)
        return symbol
      }
      let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
      rest = rest.dropFirst(word.count)
      return word.isEmpty ? nil : String(word)
    }

    mutating func word() throws -> String {
      guard let token = next() else { throw Mistake(expected: "a word", found: "the end") }
      return token
    }

    mutating func expect(_ symbol: String) throws {
      let token = next()
      guard token == symbol else { throw Mistake(expected: symbol, found: token ?? "the end") }
    }
  }
}
