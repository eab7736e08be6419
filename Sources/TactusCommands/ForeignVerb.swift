/// Verbs of systemctl and similar programs, and the equivalent commands of `tactusctl`.
enum ForeignVerb {
  /// Returns the equivalent command, a sentence without its full stop; nil for any other word.
  static func answer(to word: String) -> String? { answers.first { $0.words.contains(word) }?.sentence }

  static let answers: [(words: [String], sentence: String)] = [
    (["start", "trigger", "exec", "fire"], "Use tactusctl run NAME to run a workflow now"),
    (["restart", "retry", "rerun"], "Use tactusctl run NAME to run a workflow again"),
    (
      ["stop", "kill", "abort"],
      "Use tactusctl cancel ID to end a job, or tactusctl terminate NAME to stop planning a workflow"
    ),
    (["enable", "unpause", "unmask"], "Use tactusctl resume NAME to plan a workflow again"),
    (
      ["disable", "pause", "suspend", "mask"],
      "Use tactusctl terminate NAME to stop planning a workflow, and tactusctl resume NAME to plan it again"
    ),
    (
      ["list", "ls"],
      "Use tactusctl list-workflows to list workflows, or tactusctl list-jobs to list jobs"
    ),
    (["list-units", "list-unit-files", "workflows"], "Use tactusctl list-workflows to list workflows"),
    (["list-timers", "timers", "next"], "Use tactusctl upcoming to list the next runs"),
    (["ps", "jobs"], "Use tactusctl list-jobs --status=RUNNING to list running jobs"),
    (
      ["history"],
      "Use tactusctl list-jobs NAME to list the jobs of a workflow, or tactusctl why NAME to explain each instant"
    ),
    (["log", "tail", "output"], "Use tactusctl logs NAME to print the output of a workflow's newest job"),
    (
      ["show", "info", "describe", "inspect"],
      "Use tactusctl show-workflow NAME to show a workflow, or tactusctl show-job ID to show a job"
    ),
    (
      ["edit"],
      "Edit the file, then run tactusctl apply FILE, or tactusctl reload for a file of the daemon. "
        + "Use tactusctl cat NAME to print the definition in force"
    ),
    (["create", "add", "new"], "Write a file NAME.workflow, then run tactusctl apply NAME.workflow"),
    (
      ["rm", "remove", "del"],
      "Use tactusctl terminate NAME, then tactusctl delete NAME to delete a workflow"
    ),
    (["daemon-reload"], "Use tactusctl reload to read the files of the daemon again"),
    (["check", "validate"], "Use tactusd --check to check the files of the daemon"),
    (["verify"], "Use tactusd --verify to audit the store"),
    (["queues", "is-active"], "Use tactusctl status to show the daemon and its queues"),
    (
      ["is-enabled", "is-failed", "get"],
      "Use tactusctl show-workflow NAME to show a workflow and its failures in a row"
    ),
    (["reset-failed"], "Use tactusctl resume NAME to plan a workflow again that failures terminated"),
    (["monitor", "follow", "watch"], "Use tactusctl events --follow or tactusctl top to watch the daemon live"),
    (["crontab"], "Use tactusctl list-workflows and tactusctl cat NAME to show workflows"),
    (["test"], "Use tactusctl run NAME --follow to run a workflow and show its output"),
    (["help"], "Use tactusctl VERB --help to list the options of a verb"),
    (["version"], "Use tactusctl --version to show the version"),
  ]
}
