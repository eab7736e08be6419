import Foundation
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Real engines that stop and restart while jobs wait or run.
@Suite("Providers", .enabled(if: Laboratory.isPossible, "needs root: not run"), .serialized)
struct ProviderTests {
  private func workflow(_ lines: String, queue: String = "") -> String {
    "[Workflow]\nOverlap=allow\n[Container]\nImage=localhost/busybox:1\nNetwork=none\n\(lines)\n"
  }

  private func reaches(_ daemon: RunningDaemon, _ ids: [String], _ phase: Phase) async throws {
    for id in ids {
      _ = try await eventually("\(id) is \(phase.rawValue)") { try await daemon.job(id).phase == phase ? true : nil }
    }
  }

  @Test("Jobs run on an engine with the required capabilities, and on another engine or later if it is down")
  func comeAndGo() async throws {
    let (plain, special) = (try await EngineLab(.podman), try await EngineLab(.podman))
    let daemon = try RunningDaemon(
      notStartedWith: [
        "any": workflow("Exec=true"), "gpu": workflow("Exec=true\nRequires=gpu"),
        "far": workflow("Exec=true\nRequires=moon"),
      ])
    try daemon.provide("plain", plain)
    try daemon.provide("special", special, "Capabilities=gpu")
    try await daemon.start()
    for _ in 0..<3 { #expect(try await daemon.outcome(of: "gpu").provider == "special") }
    let far = try await daemon.outcome(of: "far")
    #expect(far.errorCode == .validationError && far.errorMessage?.contains("moon") == true)
    #expect(try await daemon.call(ListProviders()).providers.map(\.state.known) == [.live, .live])
    try await plain.order("kill")
    for _ in 0..<3 {
      let job = try await daemon.outcome(of: "any")
      #expect(job.status == .completed && job.provider == "special", "\(job)")
    }
    let providers = try await daemon.call(ListProviders()).providers
    #expect(providers.map(\.state.known) == [.aside, .live])
    #expect(providers.first?.lastError?.contains(plain.socket) == true)

    try await special.order("kill")
    var ids: [String] = []
    // These are more jobs than the queue has slots.
    for _ in 0..<10 { ids.append(try await daemon.run("any")) }
    try await reaches(daemon, ids, .waitingForProvider)
    let why = try await daemon.call(ExplainJob(id: ids[0])).answer.reason
    #expect(why.hasPrefix("waits for a provider"), "\(why)")
    try await plain.order("start")
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .completed && job.provider == "plain", "\(job)")
    }
    #expect(daemon.complaints.components(separatedBy: "warning: provider special does not answer").count == 2)
    #expect(daemon.complaints.contains("provider plain answers again"))

    #expect(try await daemon.stop() == 0)
    try daemon.write("etc/tactusd.conf", "[Manager]\nDispatchTimeout=1s\n")
    try await daemon.start()
    let gpu = try await daemon.outcome(of: "gpu")
    #expect(
      gpu.errorCode == .dispatchExhausted && gpu.startedAt == nil
        && gpu.errorMessage?.contains("provider special does not answer") == true
        && gpu.errorMessage?.contains(special.socket) == true, "\(gpu)")
    #expect(try await daemon.workflow("gpu").consecutiveFailures == 0)
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("An engine runs at most MaxRunning= jobs, and other jobs wait without a slot")
  func room() async throws {
    let lab = try await EngineLab(.podman)
    let daemon = try RunningDaemon(
      notStartedWith: ["nap": workflow("Exec=sleep 0.5")], settings: "[Manager]\nDispatchTimeout=2s\n")
    try daemon.provide("small", lab, "MaxRunning=1")
    try await daemon.start()
    var ids: [String] = []
    for _ in 0..<6 { ids.append(try await daemon.run("nap")) }
    try await reaches(daemon, Array(ids.suffix(3)), .waitingForProvider)
    var jobs: [WireJob] = []
    for id in ids { jobs.append(try await daemon.ended(id)) }
    // The wait of three seconds exceeds DispatchTimeout=, which applies only to engines that do not answer.
    #expect(jobs.allSatisfy { $0.status == .completed }, "\(jobs)")
    let spans = jobs.compactMap { job in job.startedAt.flatMap { start in job.completedAt.map { (start, $0) } } }
      .sorted { $0.0 < $1.0 }
    #expect(spans.count == 6)
    for (earlier, later) in zip(spans, spans.dropFirst()) { #expect(earlier.1 <= later.0, "\(spans)") }
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "The jobs of an unavailable engine are unverified until it is back", arguments: EngineLab.Kind.allCases)
  func unverified(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try RunningDaemon(notStartedWith: ["long": workflow("Exec=sh -c 'echo a; sleep 6; echo b'")])
    try daemon.provide("lab", lab)
    try await daemon.start()
    let id = try await daemon.run("long")
    try await reaches(daemon, [id], .running)
    #expect(try await daemon.stop() == 0)
    try await lab.order("kill")
    try await daemon.start()
    try await reaches(daemon, [id], .unverified)
    let job = try await daemon.job(id)
    #expect(job.status == .running && job.provider == "lab")
    let why = try await daemon.call(ExplainJob(id: id)).answer.reason
    #expect(why.contains("provider lab does not answer") && why.contains("cancel --abandon \(id)"), "\(why)")
    // The next daemon finds the container again once the engine runs.
    #expect(try await daemon.stop() == 0)
    try await lab.order("start")
    try await daemon.start()
    let ended = try await daemon.ended(id)
    // dockerd loses the output of a container that ended while dockerd was down.
    #expect(ended.status == .completed, "\(ended)")
    if kind == .podman { #expect(try await daemon.output(of: id).compactMap(\.text) == ["a", "b"]) }
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "An abandoned job is LOST, and its container is removed when the engine answers again",
    arguments: EngineLab.Kind.allCases)
  func abandon(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try RunningDaemon(notStartedWith: ["long": workflow("Exec=sleep 300")])
    try daemon.provide("lab", lab)
    try await daemon.start()
    let id = try await daemon.run("long")
    try await reaches(daemon, [id], .running)
    let early = try await daemon.call(CancelJobs(ids: [id], abandon: true)).results
    #expect(
      early.map(\.error) == ["Conflict"] && early[0].message?.contains("Only an unverified job") == true, "\(early)")
    try await lab.order("kill")
    // A running daemon also notices that the engine does not answer.
    try await reaches(daemon, [id], .unverified)
    // A cancel is kept until the engine is back, and does not change the row.
    #expect(try await daemon.call(CancelJobs(ids: [id])).results.map(\.error) == [nil])
    #expect(try await daemon.job(id).phase == .unverified)
    #expect(try await daemon.call(CancelJobs(ids: [id], abandon: true)).results.map(\.error) == [nil])
    let job = try await daemon.job(id)
    #expect(job.errorCode == .lost && job.errorMessage?.contains("given up by a person") == true, "\(job)")
    try await lab.order("start")
    _ = try await eventually("the container is removed") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test(
    "A job runs once if its engine dies during the dispatch and comes back",
    arguments: EngineLab.Kind.allCases)
  func dispatch(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try RunningDaemon(notStartedWith: ["a": workflow("Exec=echo done")])
    try daemon.provide("lab", lab)
    try await daemon.start()
    #expect(try await daemon.outcome(of: "a").status == .completed)
    try await lab.order("pause")
    let ids = [try await daemon.run("a"), try await daemon.run("a")]
    try await reaches(daemon, ids, .dispatching)
    // The requests to create the containers are sent, but not answered.
    try await daemon.rest(.milliseconds(300))
    try await lab.order("kill")
    try await daemon.rest(.milliseconds(300))
    try await lab.order("start")
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .completed, "\(job)")
      #expect(try await daemon.output(of: id).compactMap(\.text) == ["done"])
    }
    _ = try await eventually("no container is left") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
  }

  @Test("A job waits DispatchTimeout= for a missing engine, then fails with the engine's address in the message")
  func absent() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["c": "[Container]\nImage=a\n"], settings: "[Manager]\nDispatchTimeout=1s\n")
    try daemon.provide("gone", endpoint: "unix:///no/such/engine.sock")
    try await daemon.start()
    let job = try await daemon.outcome(of: "c")
    #expect(job.errorCode == .dispatchExhausted && job.errorMessage?.contains("/no/such/engine.sock") == true, "\(job)")
    #expect(job.errorMessage?.hasSuffix("for as long as DispatchTimeout= allows") == true)
    #expect(try await daemon.workflow("c").consecutiveFailures == 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test("An engine behind TLS accepts a provider with a certificate, and jobs of other providers fail with the reason")
  func transportSecurity() async throws {
    let lab = try await EngineLab(tlsOn: 5613)
    let daemon = try RunningDaemon(
      notStartedWith: [
        "good": workflow("Exec=echo secret\nRequires=good"), "stranger": workflow("Requires=stranger"),
        "unknown": workflow("Requires=unknown"), "plain": workflow("Requires=plain"),
      ], settings: "[Manager]\nDispatchTimeout=1s\n")
    let authorities = "TLSAuthorities=\(lab.certificates)/ca.pem"
    let certificate = "TLSCertificate=\(lab.certificates)/client.pem\nTLSKey=\(lab.certificates)/client-key.pem"
    let endpoint = "tcp://127.0.0.1:5613"
    try daemon.provide("good", endpoint: endpoint, "\(authorities)\n\(certificate)\nCapabilities=good")
    try daemon.provide("stranger", endpoint: endpoint, "\(authorities)\nCapabilities=stranger")
    try daemon.provide("unknown", endpoint: endpoint, "\(certificate)\nCapabilities=unknown")
    try daemon.provide("plain", endpoint: endpoint, "Capabilities=plain")
    try await daemon.start()
    let good = try await daemon.outcome(of: "good")
    #expect(good.status == .completed && good.provider == "good", "\(good)")
    #expect(try await daemon.output(of: good.id).compactMap(\.text) == ["secret"])
    for (name, words) in [("stranger", "certificate"), ("unknown", "certificate"), ("plain", "HTTPS")] {
      let job = try await daemon.outcome(of: name)
      #expect(
        job.errorCode == .dispatchExhausted && job.errorMessage?.contains(words) == true,
        "\(name): \(String(describing: job.errorMessage))")
    }
    _ = try await eventually("no container is left") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
  }
}
