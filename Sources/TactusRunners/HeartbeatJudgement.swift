import TactusHTTP
import TactusModel
import TactusPorts

extension Heartbeat {
  /// The request that this heartbeat is; throws the sentence if it cannot be sent.
  func request(keeping bodyBytes: Int64) throws(MalformedRequest) -> HTTPRequest {
    guard let method = HTTPRequest.Method(rawValue: method) else {
      throw MalformedRequest("the method \(method) is not one of \(HTTPRequest.Method.allCases.map(\.rawValue))")
    }
    var request = try HTTPRequest(endpoint, method: method, headers: headers)
    request.followsRedirects = followsRedirects
    request.sendsHeadersAnywhere = redirectsHeaders
    request.readsBody = readsBody
    request.bodyLimit = Int(bodyBytes)
    request.startsAfresh = true
    // The attempt is terminated at its time-out. libcurl would look at its own before it looks at what has arrived: after a
    // daemon was held, an answer that came in time would be thrown away.
    request.timeLimit = nil
    return request
  }

  /// What an answer, or none, says about the endpoint.
  func judge(_ result: Result<HTTPResponse, HTTPFailure>, at endedAt: Instant) -> (Ending, Report) {
    var report = Report()
    report.endedAt = endedAt
    report.httpStatus = result.received?.status
    report.logBytes = Int64(result.received?.body.count ?? 0)
    report.logDroppedBytes = result.received?.droppedBytes ?? 0
    switch result {
    case .success(let response):
      report.timings = response.timings
      if expectedStatus.contains(response.status) {
        report.note = response.trail.sentence
        return (.succeeded, report)
      }
      return (.failed(.statusMismatch, mismatch(response)), report)
    case .failure(let failure):
      report.timings = failure.timings
      report.standing = standing(of: failure)
      return (.failed(failure.cause.errorCode, sentence(about: failure)), report)
    }
  }

  private func mismatch(_ response: HTTPResponse) -> String {
    let expected = expectedStatus.ranges
      .map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: " ")
    let redirected = response.redirects == 0 ? "" : " from \(response.peer), where it was redirected to"
    let withheld =
      response.trail.last?.leftHeaders == true
      ? ". The lines of Header= were not sent there. Set RedirectHeaders=yes to send them" : ""
    return "expected \(expected), got \(HTTPStatus.described(response.status))\(redirected)\(withheld)"
  }

  private func sentence(about failure: HTTPFailure) -> String {
    switch failure.cause {
    // The answer that it got says enough.
    case .redirects, .aborted: return failure.sentence
    case .timeLimit: return failure.sentence + cure(of: failure)
    default: return failure.sentence + (failure.redirects.sentence.map { ", after it was \($0)" } ?? "")
    }
  }

  /// The part of a time-out's message that names its reason; nil for none.
  private func standing(of failure: HTTPFailure) -> String? {
    if !failure.standing.isEmpty { return failure.standing + cure(of: failure) }
    // It failed by itself in the moment in which it was stopped.
    return failure.cause == .aborted ? nil : failure.sentence
  }

  /// The way out where there is one: of an answer that began in time, and of a name that was not found in time.
  private func cure(of failure: HTTPFailure) -> String {
    switch failure.stage {
    case .body: ". Set ReadBody=no to judge by the header alone"
    case .nameLookup: ". Check the name servers in /etc/resolv.conf"
    default: ""
    }
  }
}

extension [HTTPRedirect] {
  /// `redirected to https://a.example/ (301), http://b.example/ (302)`; nil for no redirect.
  fileprivate var sentence: String? {
    guard !isEmpty else { return nil }
    return "redirected to " + map { "\($0.destination.prefix(200)) (\($0.status))" }.joined(separator: ", ")
  }
}

extension HTTPFailure.Cause {
  /// What a failed request means for a job.
  var errorCode: ErrorCode {
    switch self {
    case .nameLookup, .connect, .tls, .connectionLost, .notHTTP, .oversizedHeader, .aborted: .connectionFailed
    // The endpoint is alive and answers, but not as expected.
    case .redirects: .statusMismatch
    case .timeLimit: .providerTimeout
    // Nothing is wrong with the endpoint, so it does not count against the workflow.
    case .local: .dispatchExhausted
    }
  }
}

extension Result where Success == HTTPResponse, Failure == HTTPFailure {
  /// What has arrived, complete or not.
  var received: HTTPResponse? {
    switch self {
    case .success(let response): response
    case .failure(let failure): failure.received
    }
  }
}

extension Report {
  /// The same when the output could not be stored.
  var withoutOutput: Report {
    var report = self
    report.logDroppedBytes += report.logBytes
    report.logBytes = 0
    return report
  }
}

extension OutputLine {
  /// Splits a body at its newlines; what follows the last newline is partial.
  static func lines(of body: [UInt8], at instant: Instant) -> [OutputLine] {
    let newline = UInt8(ascii: "\n")
    var lines = body.split(separator: newline, omittingEmptySubsequences: false)
      .map { OutputLine(stream: .stdout, at: instant, bytes: Array($0), isPartial: false) }
    // After a newline at the end nothing follows; without one the last line is not complete.
    if lines.last?.bytes.isEmpty == true { lines.removeLast() } else { lines[lines.count - 1].isPartial = true }
    return lines
  }
}
