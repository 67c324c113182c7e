"""Shell completion: three small scripts that ask the program for candidates.

They speak the protocol of click's shell completion (`_VEXFSCTL_COMPLETE`, `COMP_WORDS`,
`COMP_CWORD`), but are not click's templates: the installed files must not depend on the version of
click that made them.
"""

_BASH = """\
# bash completion for vexfsctl

_vexfsctl() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            plain) COMPREPLY+=("$value") ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
        _VEXFSCTL_COMPLETE=bash_complete "$1" 2>/dev/null)
    # No space between a key and its value.
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

complete -o nosort -F _vexfsctl vexfsctl
"""

_ZSH = """\
#compdef vexfsctl

_vexfsctl() {
    local -a plain described
    local type key help
    (( $+commands[vexfsctl] )) || return 1
    while read -r type && read -r key && read -r help; do
        case $type in
            plain) [[ $help == _ ]] && plain+=("$key") || described+=("$key:$help") ;;
            dir) _path_files -/ ;;
            file) _path_files -f ;;
        esac
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \\
        _VEXFSCTL_COMPLETE=zsh_complete vexfsctl 2>/dev/null)
    # For --option=VALUE the offers are values.
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    (( $#described )) && _describe -V commands described -U
    (( $#plain )) && compadd -U -i "$IPREFIX" -V values -a plain
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _vexfsctl "$@"
else
    compdef _vexfsctl vexfsctl
fi
"""

_FISH = """\
# fish completion for vexfsctl

function _vexfsctl
    set -l answer (env _VEXFSCTL_COMPLETE=fish_complete COMP_WORDS=(commandline -cp) \\
        COMP_CWORD=(commandline -t) vexfsctl 2>/dev/null)
    for line in $answer
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case plain
                echo $parts[2]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
        end
    end
end

complete --no-files --command vexfsctl --arguments "(_vexfsctl)"
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
