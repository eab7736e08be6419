import Foundation

/// A parsed manual page: sections of tagged paragraphs, which may contain tagged paragraphs.
///
/// Supports the macros of man(7) that the pages of Tactus use: fonts, `.SH`, `.TP`, `.PP`, `.RS` and `.RE`.
struct ManualPage {
  /// A tagged paragraph.
  struct Entry: Equatable {
    var tag: String
    var text = ""
    var inner: [Entry] = []
  }

  private(set) var sections: [String: [Entry]] = [:]
  /// The complete text, without its structure.
  private(set) var text = ""

  init(_ roff: String) {
    var section = ""
    var isTag = false
    var isInner = false
    for line in roff.split(separator: "\n") {
      let words = Self.words(line)
      switch words.first {
      case ".SH": section = words.dropFirst().joined(separator: " ")
      case ".TP": isTag = true
      case ".RS": isInner = true
      case ".RE": isInner = false
      case ".TH", ".PP", ".nf", ".fi": continue
      default:
        let shown = Self.shown(words)
        text += shown + "\n"
        add(shown, to: section, isTag: isTag, isInner: isInner)
        isTag = false
      }
    }
  }

  private mutating func add(_ shown: String, to section: String, isTag: Bool, isInner: Bool) {
    var entries = sections[section] ?? []
    let last = entries.count - 1
    if isTag && isInner {
      entries[last].inner.append(Entry(tag: shown))
    } else if isTag {
      entries.append(Entry(tag: shown))
    } else if last >= 0, isInner, let inner = entries[last].inner.indices.last {
      entries[last].inner[inner].text += (entries[last].inner[inner].text.isEmpty ? "" : " ") + shown
    } else if last >= 0 {
      entries[last].text += (entries[last].text.isEmpty ? "" : " ") + shown
    }
    sections[section] = entries
  }

  /// The macro of a line and its arguments, or an empty macro and the whole text.
  private static func words(_ line: Substring) -> [String] {
    guard line.hasPrefix(".") else { return ["", String(line)] }
    var words = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == " " && !isQuoted {
        words.append("")
      } else {
        words[words.count - 1].append(character)
      }
    }
    return words
  }

  /// The text as it is displayed.
  ///
  /// Macros with two fonts join their arguments.
  private static func shown(_ words: [String]) -> String {
    let joined = words.dropFirst().joined(separator: (words.first ?? "").count == 3 ? "" : " ")
    return joined.replacing(/\\f[BIRP]/, with: "").replacing("\\-", with: "-").replacing("\\(rs", with: "\\")
      .replacing("...", with: "…")
  }
}
