# bash completion for vexfsctl

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
