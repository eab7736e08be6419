import Glibc
import TactusLinux
import TactusMessages
import TactusModel
import TactusProtocol
import TactusTransport

enum ApplyVerb: Verb {
  static let name = "apply"
  static let operands = [Operand.several(.file(called: "FILE"))]
  static let summary = "Create or edit the workflow that a file describes"
  static let options: [CommandOption] = [.dryRun]

  static func run(_ invocation: Invocation) throws {
    try invocation.forEach { path, client in
      let request = ApplyWorkflow(
        name: try name(of: path), definition: try text(of: path), dryRun: invocation.has(.dryRun))
      let console = invocation.console
      guard let reply = try call(request, path, client, invocation) else { return }
      for warning in reply.warnings ?? [] {
        console.complain("\(named(warning.sentence, path, request).visible) (warning)")
      }
      guard invocation.isTalkative else { return }
      let next = Readable.instant(reply.nextRuns.first, on: console).map { ", next run \($0)" } ?? ""
      let effect = reply.effect.rawValue.visible
      let doing = invocation.has(.dryRun) ? "would be \(effect)" : effect
      console.print("\(request.name): \(doing) (generation \(reply.generation)\(next))")
      if reply.terminated == true, reply.effect != .created {
        console.print("  It is still terminated. Run tactusctl resume \(request.name) to have it plan again.")
      }
      for difference in reply.differences {
        console.print(
          "  " + (difference.hasPrefix("+") ? Style.good : .bad).applied(to: difference.visible, on: console))
      }
    }
  }

  /// Calls the daemon.
  ///
  /// If the file is refused, prints a line for each of its problems, with the path as it was given.
  private static func call(
    _ request: ApplyWorkflow, _ path: String, _ client: ControlClient, _ invocation: Invocation
  ) throws -> ApplyWorkflow.Reply? {
    do {
      return try invocation.call(request, on: client)
    } catch ControlError.failed(.invalid("definition", let reason)) {
      for problem in reason.split(separator: "\n") {
        invocation.console.complain(named(String(problem), path, request).visible)
      }
      throw Complaint(nil, .failed)
    }
  }

  /// Returns a message of the daemon with the path as it was given.
  ///
  /// The daemon knows only the name of the workflow, and derives the name of the file from it.
  private static func named(_ sentence: String, _ path: String, _ request: ApplyWorkflow) -> String {
    let file = "\(request.name).workflow:"
    return sentence.hasPrefix(file) ? "\(path):\(sentence.dropFirst(file.count))" : sentence
  }

  /// Returns the last part of the path, without `.workflow`.
  private static func name(of path: String) throws(Complaint) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? ""
    let ending = ".workflow"
    let name = file.hasSuffix(ending) ? String(file.dropLast(ending.count)) : file
    guard WorkflowName(name) != nil else {
      throw .usage(
        "the file name gives the workflow its name, but \"\(name)\" is not valid. A name has \(WorkflowName.rule).")
    }
    return name
  }

  private static func text(of path: String) throws -> String {
    let descriptor = try Descriptor.open(path, O_RDONLY)
    defer { Descriptor.close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    // Reads at least one byte more than the limit, if there is one, so that the check below can refuse the file.
    while bytes.count <= Limits.unitFileBytes {
      switch piece.withUnsafeMutableBytes({ Descriptor.read(descriptor, into: $0) }) {
      case .bytes(let count): bytes += piece[..<count]
      case .end: return try utf8(bytes)
      case .wouldBlock: throw Complaint("cannot be read without waiting. Use a regular file.", .failed)
      case .failed(let code): throw SystemError(code: code, operation: "read", subject: path)
      }
    }
    throw Complaint("larger than \(Limits.unitFileBytes >> 10) KiB, which is the limit", .failed)
  }

  private static func utf8(_ bytes: [UInt8]) throws(Complaint) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Complaint("not UTF-8. Convert it, for example with iconv.", .failed)
    }
    return text
  }
}
