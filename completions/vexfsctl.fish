# fish completion for vexfsctl

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
