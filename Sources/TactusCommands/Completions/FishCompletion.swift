/// What fish has to read to complete `tactusctl`: a line for each verb, option and operand.
enum FishCompletion {
  static var script: String {
    var lines = Tactusctl.verbs.map { verb in
      complete(when: "__tactusctl_at ''", "-a \(verb.name) -d \(Shell.fish.quoted(verb.summary))")
    }
    lines += CommandOption.common.map { complete(when: nil, option($0)) }
    for verb in Tactusctl.verbs {
      lines += verb.options.map { complete(when: "__tactusctl_at \(verb.name)", option($0)) }
      for (index, operand) in verb.operands.enumerated() {
        let last = operand.count == .several ? "" : " \(index + 1)"
        guard let arguments = arguments(operand.noun) else { continue }
        lines.append(complete(when: "__tactusctl_at \(verb.name) \(index + 1)\(last)", arguments))
      }
    }
    return """
      # fish completion for tactusctl(1), made by: tactusctl completion fish

      \(functions(withValue: CommandOption.all.filter { $0.value != nil }))

      complete -c tactusctl -f
      \(lines.joined(separator: "\n"))

      """
  }

  private static func complete(when condition: String?, _ rest: String) -> String {
    "complete -c tactusctl \(condition.map { "-n \(Shell.fish.quoted($0)) " } ?? "")\(rest)"
  }

  private static func option(_ option: CommandOption) -> String {
    var words = ["-l \(option.name)"]
    if let letter = option.letter { words.append("-s \(letter)") }
    if let value = option.value { words.append(arguments(value).map { "-r \($0)" } ?? "-x") }
    return (words + ["-d \(Shell.fish.quoted(option.summary))"]).joined(separator: " ")
  }

  /// What is proposed; nil for what nobody can guess.
  private static func arguments(_ noun: Noun) -> String? {
    switch noun {
    case .workflow, .workflowOrJob: "-f -a '(__tactusctl_ask list-workflows)'"
    case .job: "-f -a '(__tactusctl_ask list-jobs)'"
    case .jobOrWorkflow: "-f -a '(__tactusctl_ask list-jobs) (__tactusctl_ask list-workflows)'"
    case .file: "-F"
    case .text: nil
    case .word(let words, _): "-f -a \(Shell.fish.quoted(words.joined(separator: " ")))"
    case .list(let words, _): "-f -a \(Shell.fish.quoted("(__fish_append , \(words.joined(separator: " ")))"))"
    }
  }

  private static func functions(withValue options: [CommandOption]) -> String {
    let words = options.flatMap { [$0.word] + ($0.letter.map { ["-\($0)"] } ?? []) }
    return #"""
      # The verb and the operands before the cursor.
      function __tactusctl_words
          set -l wants no
          set -l words (commandline -opc)
          for word in $words[2..]
              if test $wants = yes
                  set wants no
                  continue
              end
              switch $word
                  case \#(words.joined(separator: " "))
                      set wants yes
                  case '-*'
                  case '*'
                      echo $word
              end
          end
      end

      # Whether the verb is this one, and the cursor at its operand FIRST to LAST, or behind FIRST.
      function __tactusctl_at --argument-names verb first last
          set -l words (__tactusctl_words)
          test "$words[1]" = "$verb"; or return 1
          test -z "$first"; or test (count $words) -ge $first; or return 1
          test -z "$last"; or test (count $words) -le $last
      end

      # Asks the daemon that the line speaks of; nothing if it does not answer.
      function __tactusctl_ask
          set -l connection
          set -l previous
          for word in (commandline -opc)
              test "$previous" = --socket; and set -a connection --socket=$word
              switch $word
                  case '--socket=*' --user
                      set -a connection $word
              end
              set previous $word
          end
          tactusctl $connection --no-legend $argv 2>/dev/null | string replace -r '\s+' \t
      end
      """#
  }
}
