internal import TactusModel
internal import TactusPorts
internal import TactusProtocol

/// Waiting for jobs to end, by following events; nothing polls.
///
/// A wait takes no turn. It reads through the archive, which waits for a slow disk, and may last as long as its jobs.
/// Meanwhile it holds the ids of its open jobs, at most 1000. All methods may be called on any queue.
extension ControlAPI {
  /// Streams each of the given jobs when it has ended; the last job is the last reply.
  ///
  /// Jobs that have ended already are first, oldest job first. The others follow in the order of their ends. A job that
  /// is named twice is one reply. Each reply has the row of the job after its end.
  ///
  /// - If the client leaves, the wait in the feed ends. The jobs are not affected.
  /// - If the daemon stops, the call fails with `Unavailable`. The client may wait again after the restart.
  ///
  /// One id that does not name a job fails the whole call. An unknown whole id may do so after some jobs have been
  /// sent. These errors are answered:
  ///
  /// - `Invalid` with the field `ids`, for a malformed id, or a suffix of several jobs.
  /// - `NotFound`, for an id or a suffix that no job has.
  /// - `Conflict`, for a row that cannot be read, or with the status of another version.
  /// - `Unavailable` if the store cannot be read.
  ///
  /// - Throws: `Invalid` with the field `ids`, unless 1 … 1000 are given.
  func wait(_ call: Exchange<WaitForJobs>) throws(CallFailure) {
    guard (1...Limits.idsAtOnce).contains(call.request.ids.count) else {
      throw .invalid(field: "ids", reason: "\(call.request.ids.count) ids were given. Give 1 to \(Limits.idsAtOnce).")
    }
    let follower = Follower()
    call.whenGone {
      follower.leave()
      feed.cancel(follower)
    }
    resolve(call.request.ids, for: call.principal, until: follower) { result in
      switch result {
      case .failure(let failure): call.fail(failure)
      case .success(let ids):
        // The position is read before the jobs: an end between the two reads is seen twice and reported once.
        archive.eventRange { result in
          switch result {
          case .failure(let failure): call.fail(CallFailure(failure))
          case .success(let range):
            // The ids are resolved, so their texts need not be kept.
            let waiting = JobWait(
              call: Exchange(WaitForJobs(ids: []), from: call.principal, over: call.channel), follower: follower)
            look(at: ids[...], waiting, open: [], after: range.newest)
          }
        }
      }
    }
  }

  /// The state of one wait.
  ///
  /// Its fields never change. The open jobs and the position are passed from step to step instead.
  private struct JobWait: Sendable {
    /// The call, without the texts of its ids.
    let call: Exchange<WaitForJobs>
    /// The mark that the client has left, and the number of the wait in the feed.
    let follower: Follower
  }

  /// The most jobs in one read, and thus in one message; each is a reply of its own.
  private static let jobsAtOnce = 100

  /// Reports the jobs that have ended, then waits for the others.
  ///
  /// Reads at most 100 jobs at a time, and the next ones when the client has read most of the replies. Called first
  /// with all jobs, and again with those whose end the feed has reported.
  ///
  /// If no job is left, the last line is the answer of the call. A job that has not ended joins the open ones. If its
  /// status is unknown to this version, the call fails with `Conflict`: its end could not be recognized.
  ///
  /// - Parameters:
  ///   - ids: the jobs to read, in the order of the replies.
  ///   - waiting: the call and its follower.
  ///   - open: jobs that had not ended when they were read, without those in `ids`.
  ///   - number: the number of an event. All open jobs end after it, and the feed continues behind it.
  private func look(at ids: ArraySlice<JobID>, _ waiting: JobWait, open: Set<JobID>, after number: Int64) {
    guard !ids.isEmpty else { return follow(open, waiting, after: number) }
    let rest = ids.dropFirst(Self.jobsAtOnce)
    archive.jobs(Array(ids.prefix(Self.jobsAtOnce))) { result in
      switch result {
      case .failure(let failure): waiting.call.fail(CallFailure(failure))
      case .success(let jobs):
        if let job = jobs.first(where: { $0.status.known == nil }) {
          return waiting.call.fail(Self.foreign(job))
        }
        let open = open.union(jobs.filter { !$0.status.isTerminal }.map(\.id))
        var lines = jobs.filter(\.status.isTerminal).map {
          WaitForJobs.Reply(job: wire($0, for: waiting.call.principal.right))
        }
        guard !lines.isEmpty else { return look(at: rest, waiting, open: open, after: number) }
        // If no job is left to wait for, the last line ends the stream.
        let last = rest.isEmpty && open.isEmpty ? lines.popLast() : nil
        waiting.call.send(lines) { _ in
          if let last { return waiting.call.answer(last) }
          look(at: rest, waiting, open: open, after: number)
        }
      }
    }
  }

  /// Returns the refusal to wait for a job with the status of another version.
  ///
  /// The status of such a job is unknown to this version, so it cannot report the end. The reason names the job and the
  /// word.
  private static func foreign(_ job: Job) -> CallFailure {
    .conflict(
      reason:
        "Job \(job.id) has the status '\(job.status.rawValue)' of another version of tactusd. Run that version to wait for it."
    )
  }

  /// Waits for the next ends of open jobs, then reads these jobs.
  ///
  /// The feed answers once, with the events of one or several ends. Other events of these jobs, and those of other
  /// jobs, are passed.
  ///
  /// All other answers fail the call. It is `Unavailable` if the daemon stops, if the event of an end may have been
  /// removed, or if the archive cannot be read. The failure for a client that has left is dropped.
  ///
  /// - Parameter open: not empty, because else the call was answered.
  private func follow(_ open: Set<JobID>, _ waiting: JobWait, after number: Int64) {
    feed.next(
      after: number, for: waiting.follower,
      isWanted: { $0.status?.isTerminal == true && $0.job.map(open.contains) == true }
    ) { answer in
      switch answer {
      case .events(let events, let through):
        let ended = events.compactMap(\.job)
        look(at: ended[...], waiting, open: open.subtracting(ended), after: through)
      case .expired, .gone:
        waiting.call.fail(.unavailable(reason: "the events that report the end are no longer kept"))
      case .closed:
        waiting.call.fail(.unavailable(reason: "the daemon is stopping; the next one continues or recovers the job"))
      case .failed(let failure): waiting.call.fail(CallFailure(failure))
      }
    }
  }
}
