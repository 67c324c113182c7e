"""Shell completion: three small scripts that ask the program for words (`cli.completion`).

A script hands over what was typed, and inserts an answer without taking away any of that. Paths
are completed by the shell itself.
"""

_BASH = r"""# bash completion for vexfsctl

_vexfsctl() {
    local kind value help paths= path= before= listed=()
    COMPREPLY=()
    while IFS=$'\x1f' read -r kind value help; do
        case $kind in
            word) COMPREPLY+=("$value") listed+=("$value${help:+  ($help)}") ;;
            file | dir) paths=$kind path=$value before=$help ;;
        esac
    done < <(_VEXFSCTL_COMPLETE=bash "${1/#\~/$HOME}" \
        "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
    if [[ $paths && ($before || ${#COMPREPLY[@]} -gt 0) ]]; then
        # bash itself offers only whole paths, and none beside words.
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY \
            < <(compgen -A "${paths/dir/directory}" -P "$before" -- "$path")
        compopt -o filenames
    elif [[ $paths == file ]]; then
        compopt -o default
    elif [[ $paths ]]; then
        compopt -o dirnames
    elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]]; then
        # A value comes next.
        compopt -o nospace
    elif [[ ${#COMPREPLY[@]} -gt 1 && $COMP_TYPE -eq 63 ]]; then
        # The second TAB lists the offers and inserts none.
        COMPREPLY=("${listed[@]}")
    fi
    return 0
}

complete -o nosort -F _vexfsctl vexfsctl
"""

_ZSH = r"""#compdef vexfsctl

_vexfsctl() {
    local -a earlier answer parts complete open
    local line text paths before program=${~words[1]}
    # Offers may differ from what was typed in letter case.
    local -a alike=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
    earlier=("${(@Q)words[2,CURRENT-1]}")
    answer=("${(@f)$(_VEXFSCTL_COMPLETE=zsh $program "$earlier[@]" \
        "${(Q)IPREFIX}${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    for line in $answer; do
        parts=("${(@ps:\t:)line}")
        case $parts[1] in
            word)
                text=${${parts[2]//\\/\\\\}//:/\\:}
                [[ -n $parts[3] ]] && text+=:$parts[3]
                if [[ $parts[2] == *[=:] ]]; then
                    open+=("$text")
                else
                    complete+=("$text")
                fi
                ;;
            file | dir) paths=$parts[1] before=$parts[2] ;;
        esac
    done
    # For --option=VALUE the offers are values.
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    (( $#complete )) && _describe -V word complete $alike
    # A value comes next.
    (( $#open )) && _describe -V key open $alike -S ''
    if [[ -n $paths ]]; then
        [[ -n $before ]] && compset -P "$before"
        if [[ $paths == dir ]]; then _files -/; else _files; fi
    fi
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _vexfsctl "$@"
else
    compdef _vexfsctl vexfsctl
fi
"""

_FISH = r"""# fish completion for vexfsctl

function _vexfsctl
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l begun (string unescape -- $current 2>/dev/null)
    # A quote that is still open.
    or set begun (string trim --left --chars '"\'' -- $current)
    set -l program (string replace -r '^~' ~ -- $typed[1])
    for line in (_VEXFSCTL_COMPLETE=fish $program $typed[2..] "$begun" \
            2>/dev/null </dev/null)
        set -l parts (string split \t -- $line)
        switch $parts[1]
            case word
                printf '%s\t%s\n' $parts[2] "$parts[3]"
            case file dir
                # As for a command that fish knows nothing about.
                set -l path (string replace -- "$parts[2]" '' $current)
                set -l paths (complete --do-complete "_vexfsctl_path $path")
                test $parts[1] = dir
                and set paths (string match -r '.*/$' -- $paths)
                string replace -r '^' -- "$parts[2]" $paths
        end
    end
end

complete --command vexfsctl --no-files --keep-order --arguments "(_vexfsctl)"
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The scripts by the name of the shell."""


def completion_files() -> dict[str, str]:
    """Return the scripts by the path they are checked in under."""
    return {
        "completions/vexfsctl.bash": _BASH,
        "completions/_vexfsctl": _ZSH,
        "completions/vexfsctl.fish": _FISH,
    }
