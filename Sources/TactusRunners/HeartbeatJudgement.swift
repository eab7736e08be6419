import TactusHTTP
import TactusModel
import TactusPorts

extension Heartbeat {
  /// The HTTP request of this heartbeat.
  ///
  /// - Throws: ``MalformedRequest`` if it cannot be sent.
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
    // The worker terminates the attempt at its time-out. libcurl would check its own limit before it reads what has
    // arrived. After a pause of the daemon it would then discard an answer that arrived in time.
    request.timeLimit = nil
    return request
  }

  /// Returns how the heartbeat ended, judged by the answer or by the failure to get one.
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
    let redirected = response.redirects == 0 ? "" : " after a redirect to \(response.peer)"
    let withheld =
      response.trail.last?.leftHeaders == true
      ? ". The lines of Header= were not sent there. Set RedirectHeaders=yes to send them" : ""
    return "expected \(expected), got \(HTTPStatus.described(response.status))\(redirected)\(withheld)"
  }

  private func sentence(about failure: HTTPFailure) -> String {
    switch failure.cause {
    // The answer itself says enough.
    case .redirects, .aborted: return failure.sentence
    case .timeLimit: return failure.sentence + cure(of: failure)
    default: return failure.sentence + (failure.redirects.sentence.map { ", after it was \($0)" } ?? "")
    }
  }

  /// The reason that a time-out's message names; nil if there is no reason to add.
  private func standing(of failure: HTTPFailure) -> String? {
    if !failure.standing.isEmpty { return failure.standing + cure(of: failure) }
    // It failed by itself at the moment when it was stopped.
    return failure.cause == .aborted ? nil : failure.sentence
  }

  /// The way out, for an answer that began in time and for a name that was not found in time; otherwise empty.
  private func cure(of failure: HTTPFailure) -> String {
    switch failure.stage {
    case .body: ". Set ReadBody=no to judge by the header alone"
    case .nameLookup: ". Check the name servers in /etc/resolv.conf"
    default: ""
    }
  }
}

extension [HTTPRedirect] {
  /// `redirected to https://a.example/ (301), http://b.example/ (302)`; nil without a redirect.
  fileprivate var sentence: String? {
    guard !isEmpty else { return nil }
    return "redirected to " + map { "\($0.destination.prefix(200)) (\($0.status))" }.joined(separator: ", ")
  }
}

extension HTTPFailure.Cause {
  /// The error code of the job whose request failed.
  var errorCode: ErrorCode {
    switch self {
    case .nameLookup, .connect, .tls, .connectionLost, .notHTTP, .oversizedHeader, .aborted: .connectionFailed
    // The endpoint is alive and answers, but not as expected.
    case .redirects: .statusMismatch
    case .timeLimit: .providerTimeout
    // The endpoint is not at fault, so the failure does not count against the workflow.
    case .local: .dispatchExhausted
    }
  }
}

extension Result where Success == HTTPResponse, Failure == HTTPFailure {
  /// The response that has arrived, complete or not; nil if none has.
  var received: HTTPResponse? {
    switch self {
    case .success(let response): response
    case .failure(let failure): failure.received
    }
  }
}

extension Report {
  /// The same report for output that could not be stored.
  var withoutOutput: Report {
    var report = self
    report.logDroppedBytes += report.logBytes
    report.logBytes = 0
    return report
  }
}

extension OutputLine {
  /// Splits a body at its newlines.
  ///
  /// Text after the last newline is a partial line.
  static func lines(of body: [UInt8], at instant: Instant) -> [OutputLine] {
    let newline = UInt8(ascii: "\n")
    var lines = body.split(separator: newline, omittingEmptySubsequences: false)
      .map { OutputLine(stream: .stdout, at: instant, bytes: Array($0), isPartial: false) }
    // A newline at the end leaves an empty rest. Without one, the last line is incomplete.
    if lines.last?.bytes.isEmpty == true { lines.removeLast() } else { lines[lines.count - 1].isPartial = true }
    return lines
  }
}
