/// What bash has to read to complete `tactusctl`.
///
/// Needs no `bash-completion` library. bash hands over the line cut at `=` and `:`; it is put together again, and of each
/// proposal only what bash replaces is given back.
enum BashCompletion {
  static var script: String {
    let verbs = Tactusctl.verbs
    let options = verbs.map { verb in (verb.name, verb.options.map(long).joined(separator: " ")) }
    let operands = verbs.map { verb in (verb.name, verb.operands.map(code).joined(separator: " ")) }
    let values = CommandOption.all.flatMap { option in
      guard let value = option.value else { return [(String, String)]() }
      return [(option.word, code(value))] + (option.letter.map { [("-\($0)", code(value))] } ?? [])
    }
    return """
      # bash completion for tactusctl(1), made by: tactusctl completion bash

      _tactusctl() {
          local verbs=\(Shell.bash.quoted(verbs.map { $0.name }.joined(separator: " ")))
          local common=\(Shell.bash.quoted(CommandOption.common.map(long).joined(separator: " ")))
          local -A options=(\(rows(options))
          )
          local -A operands=(\(rows(operands))
          )
          local -A values=(\(rows(values))
          )
      \(program)

      """
  }

  /// `--limit=` with the sign that a value follows.
  private static func long(_ option: CommandOption) -> String { option.word + (option.value == nil ? "" : "=") }

  private static func rows(_ rows: [(name: String, text: String)]) -> String {
    rows.filter { !$0.text.isEmpty }.map { "\n        [\($0.name)]=\(Shell.bash.quoted($0.text))" }.joined()
  }

  private static func code(_ operand: Operand) -> String { code(operand.noun) + (operand.count == .several ? "+" : "") }

  /// What is proposed: `NAME`, `ID`, `EITHER` of them, `FILE`, nothing, one of some words, or some of them.
  private static func code(_ noun: Noun) -> String {
    switch noun {
    case .workflow, .workflowOrJob: "NAME"
    case .job: "ID"
    case .jobOrWorkflow: "EITHER"
    case .file: "FILE"
    case .text: "NOTHING"
    case .word(let words, _): words.joined(separator: "|")
    case .list(let words, _): "," + words.joined(separator: "|")
    }
  }

  private static let program = #"""
        local -a words=() connection=() proposals=()
        local rest=${COMP_LINE:0:COMP_POINT} word verb='' wants='' noun='' ended='' prefix='' part replaced kept i
        local -i count=0
        COMPREPLY=()

        for ((i = 0; i <= COMP_CWORD; i++)); do
            word=${COMP_WORDS[i]}
            ((i == COMP_CWORD)) && word=${rest#"${rest%%[![:space:]]*}"}
            replaced=$word
            if [[ $i == 0 || $rest == [[:space:]]* ]]; then
                rest=${rest#"${rest%%[![:space:]]*}"}
                words+=("$word")
            else
                words[${#words[@]} - 1]+=$word
            fi
            rest=${rest#"$word"}
        done
        [[ $replaced == +([=:]) ]] && replaced=

        for word in "${words[@]:1:${#words[@]}-2}"; do
            if [[ -n $wants ]]; then
                [[ $wants == --socket ]] && connection+=("--socket=$word")
                wants=
            elif [[ -z $ended && $word == -- ]]; then
                ended=yes
            elif [[ -z $ended && $word == -?* ]]; then
                [[ $word == --socket=* || $word == --user ]] && connection+=("$word")
                [[ -n ${values[$word]-} ]] && wants=$word
            elif [[ -z $verb ]]; then
                verb=$word
            else
                count+=1
            fi
        done

        part=${words[${#words[@]} - 1]}
        if [[ -n $wants ]]; then
            noun=${values[$wants]}
        elif [[ -z $ended && $part == --*=* ]]; then
            noun=${values[${part%%=*}]-}
            prefix=${part%%=*}=
            part=${part#*=}
        elif [[ -z $ended && $part == -* ]]; then
            noun=OPTION
        elif [[ -z $verb ]]; then
            noun=VERB
        else
            local -a nouns
            read -ra nouns <<<"${operands[$verb]-}"
            ((count < ${#nouns[@]})) || [[ ${operands[$verb]-} != *+ ]] || count=${#nouns[@]}-1
            noun=${nouns[count]-}
            noun=${noun%+}
        fi

        case $noun in
        VERB) mapfile -t proposals < <(compgen -W "$verbs" -- "$part") ;;
        OPTION) mapfile -t proposals < <(compgen -W "${options[$verb]-} $common" -- "$part") ;;
        NAME | ID | EITHER)
            local -A questions=([NAME]=list-workflows [ID]=list-jobs [EITHER]='list-jobs list-workflows')
            local names='' question
            for question in ${questions[$noun]}; do
                names+=$(tactusctl "${connection[@]}" --no-legend "$question" 2>/dev/null |
                    while read -r word _; do printf '%s\n' "$word"; done)$'\n'
            done
            mapfile -t proposals < <(compgen -W "$names" -- "$part")
            ;;
        FILE)
            mapfile -t proposals < <(compgen -f -- "$part")
            compopt -o filenames 2>/dev/null
            ;;
        NOTHING | '') ;;
        *)
            local taken='' last
            [[ $noun == ,* && $part == *,* ]] && taken=${part%,*},
            last=${part#"$taken"}
            for word in ${noun//[,|]/ }; do
                [[ ${word^^} == "${last^^}"* && ,${taken^^} != *",${word^^},"* ]] && proposals+=("$taken$word")
            done
            [[ $noun == ,* ]] && compopt -o nospace 2>/dev/null
            ;;
        esac

        kept=$prefix$part
        kept=${kept%"$replaced"}
        for word in "${proposals[@]}"; do
            word=$prefix$word
            COMPREPLY+=("${word#"$kept"}")
        done
        [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
        return 0
    }

    complete -F _tactusctl tactusctl
    """#
}
