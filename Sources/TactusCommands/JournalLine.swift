import FoundationEssentials
import TactusModel
import TactusSystemd

/// An entry of the journal, in the form in which it is printed.
struct JournalLine: Encodable {
  let at: Instant
  let priority: Int
  let fields: [String: String]

  private enum CodingKeys: String, CodingKey { case at, priority, fields }

  init(_ entry: JournalReader.Entry) {
    at = entry.at
    let text = entry.fields.map { (name: $0.name, value: String(decoding: $0.value, as: UTF8.self)) }
    // A field can occur several times. Other readers of the journal show the first.
    fields = Dictionary(text.map { ($0.name, $0.value) }) { first, _ in first }
    priority = fields["PRIORITY"].flatMap { Int($0) } ?? 6
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(at.description, forKey: .at)
    try container.encode(priority, forKey: .priority)
    try container.encode(fields, forKey: .fields)
  }

  /// Prints `2026-11-28T19:09:10.123456Z nightly-backup: text`, or an object with all fields.
  ///
  /// A terminal shows the instant to the millisecond.
  func print(for invocation: Invocation) {
    let console = invocation.console
    guard invocation.json == .off else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // Strings and a number can always be encoded.
      guard let text = try? encoder.encode(self) else { fatalError("strings and a number cannot be written as JSON") }
      return console.print(bytes: invocation.json.rendered(Array(text)))
    }
    let message = fields["MESSAGE"] ?? ""
    let style: Style = priority <= 3 ? .bad : priority <= 5 ? .bold : .plain
    // The output of a job must not control the terminal.
    let text = style.applied(to: console.isTerminal ? message.visible : message, on: console)
    let instant = Readable.absolute(at, on: console, digits: 3)
    console.print(
      "\(Style.faint.applied(to: instant, on: console)) \(fields["SYSLOG_IDENTIFIER"] ?? "-"): \(text)")
  }
}
