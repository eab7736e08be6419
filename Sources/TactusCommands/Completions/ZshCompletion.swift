/// What zsh has to read to complete `tactusctl`, by `_arguments` of zshcompsys(1).
enum ZshCompletion {
  static var script: String {
    let verbs = Tactusctl.verbs.map { "\n      \(Shell.zsh.quoted("\($0.name):\($0.summary)"))" }
    let cases = Tactusctl.verbs.map { verb in
      "\n    (\(verb.name)) specs+=(\(rows(verb.options.flatMap(spec) + operands(of: verb)))\n    ) ;;"
    }
    return """
      #compdef tactusctl
      # zsh completion for tactusctl(1), made by: tactusctl completion zsh

      \(questions)

      _tactusctl_verbs() {
        local -a verbs=(\(verbs.joined())
        )
        _describe verb verbs
      }

      _tactusctl() {
        local curcontext=$curcontext context state state_descr line word previous
        local -a connection
        local -A opt_args
        for word in "${(@Q)words[2,CURRENT-1]}"; do
          [[ $previous == --socket ]] && connection+=(--socket=$word)
          [[ $word == (--user|--socket=*) ]] && connection+=($word)
          previous=$word
        done
        local -a specs=(\(rows(CommandOption.common.flatMap(spec)))
        )
        _arguments -C $specs '(-): :_tactusctl_verbs' '(-)*:: :->rest' && return
        [[ $state == rest ]] || return
        case $words[1] in\(cases.joined())
          (*) return 1 ;;
        esac
        _arguments $specs
      }

      if [[ $funcstack[1] == _tactusctl ]]; then
        _tactusctl "$@"
      else
        compdef _tactusctl tactusctl
      fi

      """
  }

  private static let questions = #"""
    # Asks the daemon that the line speaks of; nothing if it does not answer.
    _tactusctl_ask() { tactusctl $connection --no-legend $1 2>/dev/null }

    _tactusctl_workflows() {
      local -a lines=(${(f)"$(_tactusctl_ask list-workflows)"})
      local -a names=(${lines%% *})
      compadd "$@" -a names
    }

    _tactusctl_jobs() {
      local -a lines=(${(f)"$(_tactusctl_ask list-jobs)"})
      local -a ids=(${lines%% *})
      compadd "$@" -l -d lines -a ids
    }

    _tactusctl_jobs_or_workflows() {
      _tactusctl_jobs "$@"
      _tactusctl_workflows "$@"
    }
    """#

  private static func rows(_ specs: [String]) -> String {
    specs.map { "\n      \(Shell.zsh.quoted($0))" }.joined()
  }

  private static func spec(_ option: CommandOption) -> [String] {
    let forms = [(option.word, "=")] + (option.letter.map { [("-\($0)", "+")] } ?? [])
    let others = forms.count > 1 ? "(\(forms.map(\.0).joined(separator: " ")))" : ""
    return forms.map { form, sign in
      let value = option.value.map { ":\(action($0))" } ?? ""
      return "\(others)\(form)\(option.value == nil ? "" : sign)[\(escaped(option.summary))]\(value)"
    }
  }

  private static func operands(of verb: any Verb.Type) -> [String] {
    verb.operands.enumerated().map { index, operand in
      switch operand.count {
      case .one: "\(index + 1):\(action(operand.noun))"
      case .atMostOne: "\(index + 1)::\(action(operand.noun))"
      case .several: "*:\(action(operand.noun))"
      }
    }
  }

  /// `MESSAGE:ACTION`.
  private static func action(_ noun: Noun) -> String {
    switch noun {
    case .workflow, .workflowOrJob: "NAME:_tactusctl_workflows"
    case .job: "ID:_tactusctl_jobs"
    case .jobOrWorkflow: "ID:_tactusctl_jobs_or_workflows"
    case .file(let name): "\(name):_files"
    case .text(let name): "\(name): "
    case .word(let words, _): "word:(\(words.joined(separator: " ")))"
    case .list(let words, let name): "\(name):{_values -s , \(name) \(words.joined(separator: " "))}"
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing(/[\[\]\\:]/) { "\\\($0.output)" }
  }
}
