/// Verbs of systemctl and its like that people type, and what does the like here.
enum ForeignVerb {
  /// What does the like; nil for words that are no such verb.
  static func answer(to word: String) -> String? { answers.first { $0.words.contains(word) }?.sentence }

  static let answers: [(words: [String], sentence: String)] = [
    (["start", "trigger", "exec", "fire"], "tactusctl run NAME runs a workflow now"),
    (["restart", "retry", "rerun"], "tactusctl run NAME runs a workflow once more"),
    (
      ["stop", "kill", "abort"],
      "tactusctl cancel ID ends a job, tactusctl terminate NAME the planning of a workflow"
    ),
    (["enable", "unpause", "unmask"], "tactusctl resume NAME has a workflow plan again"),
    (
      ["disable", "pause", "suspend", "mask"],
      "tactusctl terminate NAME has a workflow plan nothing more until tactusctl resume NAME"
    ),
    (
      ["list", "ls"],
      "tactusctl list-workflows shows what there is, tactusctl list-jobs what ran, runs and is planned"
    ),
    (["list-units", "list-unit-files", "workflows"], "tactusctl list-workflows shows what there is"),
    (["list-timers", "timers", "next"], "tactusctl upcoming shows what runs next, and when"),
    (["ps", "jobs"], "tactusctl list-jobs --status=RUNNING shows what runs"),
    (
      ["history"],
      "tactusctl list-jobs NAME shows the jobs of a workflow, tactusctl why NAME what became of each instant"
    ),
    (["log", "tail", "output"], "tactusctl logs NAME prints the output of a workflow's newest job"),
    (
      ["show", "info", "describe", "inspect"],
      "tactusctl show-workflow NAME shows a workflow, tactusctl show-job ID a job"
    ),
    (
      ["edit"],
      "edit the file, then tactusctl apply FILE, or tactusctl reload if it is one of the daemon's; "
        + "tactusctl cat NAME prints what is in force"
    ),
    (["create", "add", "new"], "write a file NAME.workflow, then tactusctl apply NAME.workflow"),
    (
      ["rm", "remove", "del"],
      "tactusctl delete NAME frees the name of a workflow after tactusctl terminate NAME"
    ),
    (["daemon-reload"], "tactusctl reload has the daemon read its files again"),
    (["check", "validate"], "tactusd --check reads the daemon's files and says what is wrong with them"),
    (["verify"], "tactusd --verify audits the store"),
    (["queues", "is-active"], "tactusctl status shows the daemon and its queues"),
    (["is-enabled", "is-failed", "get"], "tactusctl show-workflow NAME shows a workflow and its failures in a row"),
    (["reset-failed"], "tactusctl resume NAME has a workflow that failures ended plan again"),
    (["monitor", "follow", "watch"], "tactusctl events --follow and tactusctl top show what happens as it happens"),
    (["crontab"], "tactusctl list-workflows and tactusctl cat NAME show what there is"),
    (["test"], "tactusctl run NAME --follow runs a workflow and shows its output"),
    (["help"], "tactusctl VERB --help shows the options of a verb"),
    (["version"], "tactusctl --version shows the version"),
  ]
}
