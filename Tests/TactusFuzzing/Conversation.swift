import TactusProtocol

/// The messages of one connection in both directions.
struct Conversation {
  /// The last request that was understood.
  private var asked: (any Request.Type)?

  mutating func check(_ message: [UInt8]) throws(Violation) {
    try checkObject(message)
    try checkAsCall(message)
    try checkAsReply(message)
  }

  private mutating func checkAsCall(_ message: [UInt8]) throws(Violation) {
    let call: Call
    do throws(MalformedMessage) {
      call = try Call(message: message)
    } catch {
      try hold(!error.reason.isEmpty, "a message is refused without a reason")
      return try checkAnswer(error.failure, to: "")
    }
    try check(call)
  }

  private func checkAsReply(_ message: [UInt8]) throws(Violation) {
    let reply: Reply
    do throws(MalformedMessage) {
      reply = try Reply(message: message)
    } catch {
      return try hold(!error.reason.isEmpty, "a reply is refused without a reason")
    }
    try check(reply)
  }

  private mutating func check(_ call: Call) throws(Violation) {
    try hold(call.message.firstIndex(of: 0) == call.message.count - 1, "a call does not end at its only NUL")
    let again = try sound("a call that was read cannot be read again") { () throws(MalformedMessage) in
      try Call(message: call.message.dropLast())
    }
    try hold(again == call, "a call differs when it is read again: \(again)")
    let operation: Operation
    do throws(CallFailure) {
      operation = try Operation(call)
    } catch {
      try hold(!error.sentence.isEmpty, "\(error) has no sentence")
      return try checkAnswer(error, to: call.interface)
    }
    try check(operation, of: call)
  }

  /// An operation carries the same data as its request.
  private mutating func check(_ operation: Operation, of call: Call) throws(Violation) {
    guard let request = Mirror(reflecting: operation).children.first?.value as? any Request else {
      throw Violation("\(operation) carries no request")
    }
    asked = type(of: request)
    try check(request, operation, call)
  }

  private func check<R: Request>(_ request: R, _ operation: Operation, _ call: Call) throws(Violation) {
    try hold(R.method == call.method, "\(call.method) was read as \(R.method)")
    let message = Call(request).message
    let again = try sound("a request that was read cannot be read again: \(message.shown)") {
      try Operation(try Call(message: message.dropLast()))
    }
    try hold(again == operation, "\(operation) is read again as \(again)")
    try checkTexts(in: request)
  }

  private func check(_ reply: Reply) throws(Violation) {
    try hold((reply.failure == nil) == (reply.error == nil), "an error is lost: \(reply.error ?? "")")
    if let asked { try check(reply, to: asked) }
  }

  private func check<R: Request>(_ reply: Reply, to request: R.Type) throws(Violation) {
    // A reply that does not match its declaration must only throw an error.
    guard let value = try? reply.read(R.Reply.self) else { return }
    let message = Reply.message(value, continues: reply.continues)
    try hold(message.firstIndex(of: 0) == message.count - 1, "a reply does not end at its only NUL")
    let again = try sound("a reply that was read cannot be read again: \(message.shown)") {
      () throws(MalformedMessage) in
      try Reply(message: message.dropLast())
    }
    try hold(
      again.continues == reply.continues && again.error == nil,
      "a reply differs when it is read again: \(message.shown)")
    let same = try sound("a reply that was read cannot be read again: \(message.shown)") {
      () throws(MalformedMessage) in
      try again.read(R.Reply.self)
    }
    try hold(same == value, "\(value) is read again as \(same)")
  }

  /// The client reads the same error that the daemon sent.
  private func checkAnswer(_ failure: CallFailure, to interface: String) throws(Violation) {
    let message = Reply.message(failure, interface: interface)
    let reply = try sound("an error cannot be read: \(message.shown)") { () throws(MalformedMessage) in
      try Reply(message: message.dropLast())
    }
    try hold(reply.failure == failure, "\(failure) is read again as \(String(describing: reply.failure))")
  }
}
