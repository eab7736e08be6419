public import TactusModel

// What a value of a type must look like, for error messages: "… is not a workflow's name: RULE".

/// The rule that ``WorkflowName/init(_:)`` checks, in words.
extension WorkflowName {
  /// The characters that a name may have.
  ///
  /// An object without a full stop: it fits behind `a name has` and behind a colon. Messages about names of providers
  /// use it also.
  public static let rule = "1 to 64 characters of a-z 0-9 . _ -, the first a letter or a digit, and not a job id"
}

/// The rule that ``Instant/init(rfc3339:)`` checks, in words.
extension Instant {
  /// The form that ``init(rfc3339:)`` reads.
  ///
  /// It fits behind `is not`. The example has an offset, because an instant without one would depend on a time zone.
  public static let rule = "RFC 3339 with an offset, for example 2026-12-01T03:00:00Z or 2026-12-01T04:00:00+01:00"
}

/// The rule that ``ImageName/init(_:)`` checks, in words.
extension ImageName {
  /// The form of an image's name.
  ///
  /// It fits behind `Write`. Parts in square brackets may be absent.
  public static let rule =
    "[host[:port]/]name[:tag][@digest] in lower case, for example docker.io/library/alpine:3.20"
}
