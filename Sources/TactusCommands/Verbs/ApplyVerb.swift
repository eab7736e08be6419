import Glibc
import TactusLinux
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
      guard let reply = try call(request, client, invocation) else { return }
      for warning in reply.warnings ?? [] { console.complain("\(warning.sentence.visible) (warning)") }
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

  /// Calls the daemon; a refusal of the file has a line for each of its problems, which name the file themselves.
  private static func call(
    _ request: ApplyWorkflow, _ client: ControlClient, _ invocation: Invocation
  ) throws -> ApplyWorkflow.Reply? {
    do {
      return try invocation.call(request, on: client)
    } catch ControlError.failed(.invalid("definition", let reason)) {
      for problem in reason.split(separator: "\n") { invocation.console.complain(String(problem).visible) }
      throw Complaint(nil, .failed)
    }
  }

  /// The last part of the path, without `.workflow`.
  private static func name(of path: String) throws(Complaint) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? ""
    let ending = ".workflow"
    let name = file.hasSuffix(ending) ? String(file.dropLast(ending.count)) : file
    guard WorkflowName(name) != nil else {
      throw .usage("the file's name gives the workflow its name, and \"\(name)\" is none: \(WorkflowName.rule)")
    }
    return name
  }

  private static func text(of path: String) throws -> String {
    let descriptor = try Descriptor.open(path, O_RDONLY)
    defer { Descriptor.close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    // One byte over the limit is enough for the daemon to say what the limit is.
    while bytes.count <= Limits.unitFileBytes {
      switch piece.withUnsafeMutableBytes({ Descriptor.read(descriptor, into: $0) }) {
      case .bytes(let count): bytes += piece[..<count]
      case .end: return try utf8(bytes)
      case .wouldBlock: throw Complaint("it has nothing to read now; give a file", .failed)
      case .failed(let code): throw SystemError(code: code, operation: "read", subject: path)
      }
    }
    throw Complaint("larger than \(Limits.unitFileBytes >> 10) KiB, which no workflow may be", .failed)
  }

  private static func utf8(_ bytes: [UInt8]) throws(Complaint) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Complaint("not UTF-8; convert it, for example with iconv", .failed)
    }
    return text
  }
}
