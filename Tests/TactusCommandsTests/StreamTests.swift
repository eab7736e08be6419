import Foundation
import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@testable import TactusCommands

@Suite("Streams of events and output")
struct StreamTests {
  @Test("events prints one line per event, and no line for a cursor alone")
  func events() async throws {
    let daemon = try CannedDaemon()
    let shown = daemon.run("events", "--after=40", "--workflow=nightly", "--job=deadbeef")
    #expect(
      shown.output == """
             41  11-30 01:58:58  workflow.terminated      nightly
             42  12-01 02:59:57  job.running    deadbeef  nightly
             43  12-01 02:59:58  job.failed     1cebabe5  a-workflow-with…  EXIT_NONZERO
           4711  12-01 03:00:00  daemon.stopping

        """)
    #expect(shown.lines.allSatisfy { $0.count <= 80 } && shown.code == 0 && shown.complaints == "")
    #expect(
      daemon.operations == [.readEvents(ReadEvents(after: "40", workflow: "nightly", job: "deadbeef"))])
    let piped = daemon.run("events", columns: nil)
    #expect(
      piped.lines[2]
        == "     43  2026-12-01T02:59:58.000000Z  job.failed     1cebabe5  "
        + "a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x  EXIT_NONZERO")
    let json = daemon.run("events", "--json=short")
    #expect(json.lines.count == 6 && json.lines[4] == #"{"cursor":"epoch:4711"}"#)
    #expect(daemon.run("events", hasColours: true).output.contains("\u{1B}[1;31mjob.failed     1cebabe5\u{1B}[0m"))
    await daemon.stop()
  }

  @Test("events explains that older events are not kept, and names the cursor to continue from")
  func expired() async throws {
    let daemon = try CannedDaemon()
    let ran = daemon.run("events", "-f", "--after=old:1")
    #expect(ran.code == 1)
    #expect(
      ran.complaints
        == "tactusctl: the events from there on are no longer kept: they are older than EventsKeep= in tactusd.conf(5), "
        + "or from another store. Run tactusctl events --after=epoch:41 to continue.\n")
    await daemon.stop()
  }

  @Test("events -f continues after the last event when the daemon was down, and gives up if it stays down")
  func resume() throws {
    let line = { (index: Int) in Reply.message(Canned.events[index], continues: true) }
    let place = ReadEvents.Reply(position: EventPosition(epoch: "epoch", sequence: 43))
    let daemon = try ScriptedDaemon([
      // The first connection is lost, and the second ends with a clean stop.
      line(0) + line(1), line(2) + Reply.message(place),
      Reply.message(CallFailure.unavailable(reason: "stopping"), interface: "io.tactus.Daemon"),
      line(3),
    ])
    let ran = CannedDaemon.run(["events", "-f"], environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.lines.map { $0.prefix(7) }.dropLast() == ["     41", "     42", "     43", "   4711"])
    #expect(
      ran.complaints == """
        tactusctl: the daemon went away. Trying again.
        tactusctl: the daemon went away and did not come back. Run tactusctl events -f --after=epoch:4711 to continue.

        """)
    #expect(ran.code == 3)
    #expect(daemon.calls.count == 4 && !daemon.calls[0].contains("after"))
    #expect(daemon.calls[1].contains(#""after":"epoch:42""#) && daemon.calls[2].contains(#""after":"epoch:43""#))
    #expect(daemon.calls[3].contains(#""after":"epoch:43""#))
  }

  @Test("logs -f continues after the last line, or in the middle of it")
  func logs() throws {
    func line(_ position: Int64, _ text: String, isPartial: Bool = false) -> [UInt8] {
      Reply.message(
        ReadLogs.Reply(
          position: position, at: Canned.at(0), stream: .stdout, bytes: Array(text.utf8), isPartial: isPartial),
        continues: true)
    }
    let end = Reply.message(ReadLogs.Reply(droppedBytes: 0))
    let daemon = try ScriptedDaemon([line(1, "one") + line(2, "tw", isPartial: true), line(3, "o") + end])
    let ran = CannedDaemon.run(["logs", "-f", "deadbeef"], columns: nil, environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.output == "one\ntwo\n" && ran.code == 0)
    #expect(ran.complaints == "tactusctl: the daemon went away. Trying again.\n")
    #expect(daemon.calls[0].contains(#""follow":true"#) && daemon.calls[1].contains(#""after":2"#), "\(daemon.calls)")
  }

  @Test("Without -f, a lost connection ends the command at once")
  func lost() throws {
    let line = Reply.message(Canned.lines[0], continues: true)
    let daemon = try ScriptedDaemon([line])
    let ran = CannedDaemon.run(["logs", "deadbeef"], columns: nil, environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.output == "plain é\n" && ran.code == 3 && ran.complaints.contains("went away"), "\(ran)")
    let nobody = CannedDaemon.run(["logs", "-f", "deadbeef"], environment: ["TACTUS_SOCKET": "/nonexistent/socket"])
    #expect(nobody.code == 3 && nobody.complaints.contains("no daemon answers"))
  }

  @Test("Each error has a message with a way out")
  func errors() async throws {
    for (failure, words, sentence) in [
      (
        CallFailure.tooSlow, "events",
        "the client read the replies too slowly, so the daemon ended the stream. "
          + "Run the command again, and read faster or write to a file."
      ),
      (.busy(retryAfterMs: 250), "upcoming", "the daemon is busy. Try again in 250 ms."),
      (.unavailable(reason: "the disk is full; make room"), "stats", "the disk is full; make room"),
      (.invalid(field: "window_seconds", reason: "1 is too short"), "stats", "window_seconds: 1 is too short"),
    ] {
      let daemon = try CannedDaemon { _, _ throws(CallFailure) in throw failure }
      let ran = daemon.run(words)
      #expect(ran.code == 1 && ran.complaints == "tactusctl: \(sentence)\n")
      await daemon.stop()
    }
    let daemon = try CannedDaemon { _, _ throws(CallFailure) in throw .forbidden(action: "it needs the right read") }
    for words in [["cat", "nightly"], ["events"], ["logs", "deadbeef"], ["wait", "deadbeef"], ["why", "nightly"]] {
      let ran = CannedDaemon.run(words, environment: ["TACTUS_SOCKET": daemon.path])
      #expect(ran.code == 5 && ran.complaints.hasSuffix("not permitted: it needs the right read\n"), "\(words): \(ran)")
    }
    await daemon.stop()
  }
}
