import TactusModel
import TactusProtocol
import Testing

@testable import TactusCommands

@Suite("Calls that top makes after events")
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

  @Test("Each event causes only the calls for data that it may have changed")
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

  @Test("A cursor without an event causes no calls")
  func place() {
    var news = TopNews()
    news.add(ReadEvents.Reply(position: EventPosition(epoch: "e", sequence: 7)))
    #expect(news.isEmpty)
  }

  @Test("The number of calls after many events is limited by the size of a screen")
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

  @Test("A new connection requests all data")
  func everything() {
    var news = TopNews.everything
    #expect(news.take() == [.daemon, .running, .ends, .upcoming, .workflows(after: nil)])
  }

  @Test("The first round of calls is immediate, the next one after a pause")
  func pace() {
    var pace = TopPace()
    let now = MonotonicInstant(microseconds: 5_000_000)
    #expect(pace.next(after: now) == now)
    pace.begin(at: now)
    #expect(pace.next(after: now) == now + TopPace.shortest)
    #expect(pace.next(after: now + .seconds(9)) == now + .seconds(9))
  }

  // MARK: The answers

  @Test("Ended jobs are sorted by their ends, without duplicates, and limited to the size of a screen")
  func ends() {
    var state = TopState()
    state.take(.ends(Canned.jobs))
    #expect(state.ends.map(\.id) == [Canned.ids[2], Canned.ids[3]])
    state.take(.job(Canned.jobs[3]))
    // A stale answer says that the job runs. It is not added.
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

  @Test("A workflow is failing until it succeeds, a person terminates it, or it is deleted")
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

  @Test("An answer of the daemon ends its absence")
  func back() {
    var state = TopState()
    state.lose("first", at: CannedDaemon.now)
    state.lose("second", at: CannedDaemon.now + .seconds(5))
    #expect(state.absence == TopState.Absence(reason: "second", since: CannedDaemon.now))
    state.take(.daemon(Canned.description))
    #expect(state.absence == nil)
  }

  @Test("top refuses a pipe, --json and operands")
  func refusals() {
    for (words, environment, said) in [
      (["top"], ["TERM": "xterm"], "needs a terminal as standard output"),
      (["top", "--json=short"], ["TERM": "xterm"], "has no JSON output. Use status"),
      (["top", "now"], [:], "usage: tactusctl top"),
    ] {
      let ran = CannedDaemon.run(words, columns: nil, environment: environment)
      #expect(ran.code == 2 && ran.output == "" && ran.complaints.contains(said), "\(ran)")
    }
  }
}
