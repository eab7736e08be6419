import TactusModel
import TactusProtocol
import Testing

@testable import TactusCommands

@Suite("What top asks when something happens")
struct TopNewsTests {
  private func event(
    _ type: EventType, workflow: String? = "nightly", job: Int? = nil, sequence: Int64 = 1
  ) -> ReadEvents.Reply {
    var event = Event(
      sequence: sequence, at: CannedDaemon.now, type: type, workflow: workflow.flatMap(WorkflowName.init))
    event.job = job.flatMap { JobID(Canned.ids[$0]) }
    return ReadEvents.Reply(event, epoch: "e")
  }

  private func questions(_ events: ReadEvents.Reply...) -> [TopQuestion] {
    var news = TopNews()
    for event in events { news.add(event) }
    #expect(news.isEmpty == events.isEmpty)
    defer { #expect(news.isEmpty && news.take() == []) }
    return news.take()
  }

  @Test("Each event asks for what it can have changed, and for nothing else")
  func each() {
    #expect(questions() == [])
    for type in [EventType.jobPending, .jobScheduled, .jobQueued] {
      #expect(questions(event(type, job: 0)) == [.daemon, .upcoming])
    }
    #expect(questions(event(.jobRunning, job: 0)) == [.daemon, .running])
    #expect(questions(event(.jobCompleted, job: 0)) == [.daemon, .running, .job(Canned.ids[0])])
    #expect(questions(event(.jobFailed, job: 0)) == [.daemon, .running, .workflow("nightly"), .job(Canned.ids[0])])
    #expect(questions(event(.jobCanceled, job: 0)) == [.daemon, .running, .upcoming, .job(Canned.ids[0])])
    for type in EventType.allCases where type.rawValue.hasPrefix("workflow.") {
      let isOfImage = type.rawValue.hasPrefix("workflow.build_")
      #expect(questions(event(type)) == (isOfImage ? [.daemon] : [.daemon, .upcoming, .workflow("nightly")]))
    }
    #expect(questions(event(.daemonReloaded, workflow: nil)) == [.daemon, .upcoming])
    #expect(questions(event(.daemonStopping, workflow: nil)) == [.daemon])
    var unknown = event(.daemonStarted, workflow: nil)
    unknown.type = "moon.rose"
    #expect(questions(unknown) == [.daemon])
  }

  @Test("A place in the stream is no news")
  func place() {
    var news = TopNews()
    news.add(ReadEvents.Reply(position: EventPosition(epoch: "e", sequence: 7)))
    #expect(news.isEmpty)
  }

  @Test("A storm of events is as many questions as a screen has room for")
  func storm() {
    var news = TopNews()
    for number in 0..<10_000 {
      var end = event(.jobFailed, workflow: "w\(number % 500)", job: 0)
      end.job = "job-\(number)"
      news.add(end)
      news.add(event(.jobQueued))
    }
    let questions = news.take()
    #expect(questions.count == 4 + TopNews.endLimit)
    #expect(questions.contains(.workflows(after: nil)) && questions.last == .job("job-9999"))
    #expect(questions.contains(.upcoming))
  }

  @Test("A new connection asks for everything")
  func everything() {
    var news = TopNews.everything
    #expect(news.take() == [.daemon, .running, .ends, .upcoming, .workflows(after: nil)])
  }

  @Test("The first round is at once, the next after a while")
  func pace() {
    var pace = TopPace()
    let now = MonotonicInstant(microseconds: 5_000_000)
    #expect(pace.next(after: now) == now)
    pace.begin(at: now)
    #expect(pace.next(after: now) == now + TopPace.shortest)
    #expect(pace.next(after: now + .seconds(9)) == now + .seconds(9))
  }

  // MARK: The answers

  @Test("Ends come in the order of their ends, each once, and those of the screen are kept")
  func ends() {
    var state = TopState()
    state.take(.ends(Canned.jobs))
    #expect(state.ends.map(\.id) == [Canned.ids[2], Canned.ids[3]])
    state.take(.job(Canned.jobs[3]))
    // Asked about when it had ended, and runs again for a stale answer: no end.
    state.take(.job(Canned.jobs[1]))
    #expect(state.ends.count == 2)
    var late = Canned.jobs[3]
    late.id = "late"
    late.completedAt = CannedDaemon.now
    state.take(.job(late))
    #expect(state.ends.map(\.id) == ["late", Canned.ids[2], Canned.ids[3]])
    for number in 0..<500 { state.take(.job(TopSpecimen.job(number, Canned.jobs[3]))) }
    #expect(state.ends.count == TopQuestion.limit && state.ends.first?.id == "late")
  }

  @Test("A workflow is failing until it succeeds, a person ends it, or it is gone")
  func failing() {
    var state = TopState()
    func names() -> [String] { state.failing.map(\.name) }
    state.take(.workflows([TopSpecimen.workflow("a", failures: 1)], isFirst: true, next: "x"))
    state.take(.workflows([TopSpecimen.workflow("b", failures: 3)], isFirst: false, next: nil))
    #expect(names() == ["b", "a"])
    state.take(.workflow(TopSpecimen.workflow("c", failures: 2, .consecutiveFailures)))
    #expect(names() == ["c", "b", "a"])
    state.take(.workflow(TopSpecimen.workflow("b", failures: 0)))
    state.take(.workflow(TopSpecimen.workflow("c", failures: 2, .user)))
    #expect(names() == ["a"])
    state.take(.none(.workflow("a")))
    state.take(.none(.job("gone")))
    #expect(names() == [])
  }

  @Test("The daemon is back when it answers")
  func back() {
    var state = TopState()
    state.lose("first", at: CannedDaemon.now)
    state.lose("second", at: CannedDaemon.now + .seconds(5))
    #expect(state.absence == TopState.Absence(reason: "second", since: CannedDaemon.now))
    state.take(.daemon(Canned.description))
    #expect(state.absence == nil)
  }

  @Test("What is no terminal, cannot be drawn on or wants JSON is refused")
  func refusals() {
    for (words, environment, said) in [
      (["top"], ["TERM": "xterm"], "standard output is none"),
      (["top", "--json=short"], ["TERM": "xterm"], "for programs there are"),
      (["top", "now"], [:], "write tactusctl top"),
    ] {
      let ran = CannedDaemon.run(words, columns: nil, environment: environment)
      #expect(ran.code == 2 && ran.output == "" && ran.complaints.contains(said), "\(ran)")
    }
  }
}
