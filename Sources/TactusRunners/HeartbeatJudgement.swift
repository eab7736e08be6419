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
      if expectedStatus.contains(response.status) { return (.succeeded, report) }
      return (.failed(.statusMismatch, mismatch(response)), report)
    case .failure(let failure):
      report.timings = failure.timings
      return (.failed(failure.cause.errorCode, failure.sentence), report)
    }
  }

  private func mismatch(_ response: HTTPResponse) -> String {
    let expected = expectedStatus.ranges
      .map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: " ")
    let redirected = response.redirects == 0 ? "" : " from \(response.peer), where it was redirected to"
    return "expected \(expected), got \(HTTPStatus.described(response.status))\(redirected)"
  }
}

extension HTTPFailure.Cause {
  /// What a failed request means for a job.
  var errorCode: ErrorCode {
    switch self {
    case .nameLookup, .connect, .tls, .connectionLost, .notHTTP, .aborted: .connectionFailed
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
