# fish completion for stoke. Install it as stoke.fish in a directory of fish_complete_path, or source it.

# Prints the words behind the flags, up to the one at the cursor. Fails where a flag may still come.
function __stoke_behind_flags
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        switch $word
            case --
                set -e words[1]
                string join -- \n $words
                return 0
            case '--*=*'
            case '--*'
                contains -- $word @VALUED@
                and set -e words[1]
            case '-?*'
                string match -qr -- '^-[@PLAIN@]*[@TAKING@]$' $word
                and set -e words[1]
            case '*'
                string join -- \n $words
                return 0
        end
        set -e words[1]
    end
    return 1
end

function __stoke_at_flags
    not __stoke_behind_flags >/dev/null
end

# Prints what COMMAND or its next word may be. CODE is nothing that can be completed; behind --help a topic is.
function __stoke_command
    set -l typed (commandline -opc)
    set -l words (__stoke_behind_flags)
    set -l flags $typed[1..(math (count $typed) - (count $words))]
    if string match -qr -- '^(--help|-h)$' $flags
        not set -q words[1]
        and string split ' ' -- '@TOPICS@'
        return
    end
    string match -qr -- '^(--lang(=.*)?|-[@PLAIN@]*l.*)$' $flags
    and return
    set -l cur (commandline -ct)
    if not set -q words[1]; and __stoke_at_flags; and string match -q -- '-*' $cur
        return
    end
    complete -C (string join -- ' ' (string escape -- $words) $cur | string collect)
end

complete -c stoke -f
complete -c stoke -f -a '(__stoke_command)'
@LINES@
