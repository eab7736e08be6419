internal import TactusModel
internal import TactusPorts
internal import TactusTransport

/// Who changed what: each change over the socket is told once, when it is known what became of it.
extension ControlHandler {
  /// Tells a change as made, or that it was not made and why; `made` is nil for one that changed nothing.
  func note<Value>(
    _ what: String, _ peer: Peer, _ result: Result<Value, LedgerFailure>, workflow: WorkflowName? = nil,
    job: JobID? = nil, as made: (Value) -> JournalMessage?
  ) {
    var fields: [(name: JournalField, value: String)] = []
    if let job { fields.append((.job, "\(job)")) }
    if let workflow { fields.append((.workflow, workflow.text)) }
    let asked = "\(what), asked for by \(peer.words)"
    switch result {
    case .success(let value):
      guard let kind = made(value) else { return }
      health.tell(JournalEntry(kind, asked, all: fields + peer.fields))
    case .failure(let failure):
      health.tell(JournalEntry(.changeRefused, "\(asked): not done: \(failure)", all: fields + peer.fields))
    }
  }
}

extension Peer {
  /// Who it is, in a sentence.
  var words: String { "uid \(uid) (pid \(pid))" }

  /// Who it is, for the journal, whose own `_UID` and `_PID` are the daemon's.
  var fields: [(name: JournalField, value: String)] { [(.peerUID, "\(uid)"), (.peerPID, "\(pid)")] }
}
