# The warm sh of `stoke --lang sh`: runs the user's CODE for each item; what CODE writes to its stdout is the answer.
#
# Orders: the variable STOKE_LANG_SETUP, which assigns __stoke_nonce, slot, __stoke_init, __stoke_code, __stoke_exit and what
#       --arg defines. They are no arguments: ps shows those to everybody.
# In:   one line an item, with backslash written \\ and newline \n. A line \#SEQ says the number of the item after it.
# Out:  MARK is the byte 0x1e and the nonce. "MARK ready" newline when items may come, or "MARK ?TEXT MARK" newline (without the
#       space after TEXT) and exit status 120 when the user's text is at fault. Then for each item, in order: the output as
#       it is, and behind it "MARK STATUS" newline, with the exit status of CODE.
#
# CODE is the body of a function in this very shell, with the item as its argument, so what it assigns stays; an item costs no process, unless it holds a
# backslash or a newline. Under `set -e` a command that fails ends the shell, as it does anywhere. No item can hold a NUL
# byte. POSIX only: descriptors have one digit, 7 for items and 8 for answers.

eval "$STOKE_LANG_SETUP"
unset STOKE_LANG_SETUP STOKE_LANG_RUNNER
__stoke_mark=$(printf '\036')$__stoke_nonce
exec 7<&0 8>&1 </dev/null >&2
__stoke_newline='
'

# __stoke_syntax TEXT parses a text without running it.
__stoke_syntax() (
    eval "set -n$__stoke_newline$1" 2>&1
)

# __stoke_check NAME TEXT ends the worker if TEXT does not parse. Shells differ in what they say: "stoke: 2: eval: Syntax
# error: ...", "stoke: eval: line 2: syntax error: ...", or without a number.
__stoke_check() {
    __stoke_said=$(__stoke_syntax "$2") && return
    __stoke_base=$(__stoke_number "$(__stoke_syntax ')')") # what it gives to the first line
    __stoke_line=$(($(__stoke_number "$__stoke_said") - __stoke_base + 1))
    __stoke_what="syntax error: ${__stoke_said#*yntax error: }"
    __stoke_what=${__stoke_what%%"$__stoke_newline"*}
    __stoke_rest=$2 __stoke_n=1
    while [ $__stoke_n -lt $__stoke_line ]; do
        case $__stoke_rest in
        *"$__stoke_newline"?*) __stoke_rest=${__stoke_rest#*"$__stoke_newline"} ;;
        *) __stoke_line=$__stoke_n ;; # the error is that the text ends
        esac
        __stoke_n=$((__stoke_n + 1))
    done
    __stoke_fault "$1, line $__stoke_line: $__stoke_what
    ${__stoke_rest%%"$__stoke_newline"*}"
}

# __stoke_number is the first number in a message, or 0.
__stoke_number() {
    __stoke_digits=${1#"${1%%[0-9]*}"}
    __stoke_digits=${__stoke_digits%%[!0-9]*}
    echo "${__stoke_digits:-0}"
}

# __stoke_fault ends the worker over the user's text.
__stoke_fault() {
    printf '%s ?%s%s\n' "$__stoke_mark" "$1" "$__stoke_mark" >&8
    exit 120
}

__stoke_check --init "$__stoke_init"
__stoke_check CODE "$__stoke_code"
__stoke_check --exit "$__stoke_exit"
# What the user's text starts shall not hold the items: hence the redirections.
__stoke_function="__stoke_answer() {
:
$__stoke_code
} 7<&-"
__stoke_syntax "$__stoke_function" >/dev/null || __stoke_fault 'CODE: it has no end: is it that of a here-document?'

# __stoke_serve answers all items, when init has ended. Init, exit and this run outside of the text here: a dash that is at
# an eval says "eval: " in every message.
__stoke_serve() {
    __stoke_status=$?
    if [ "$__stoke_status" -ne 0 ]; then
        printf 'stoke: --init ended with status %d\n' "$__stoke_status" >&2
        exit 1
    fi

    eval "$__stoke_function"

    __stoke_seq=0
    exec >&8 8>&-
    command printf '%s ready\n' "$__stoke_mark"
    # command: CODE may define a printf or a read of its own.
    while IFS= command read -r __stoke_line <&7; do
        case $__stoke_line in
        \\#*)
            __stoke_seq=$((${__stoke_line#??} - 1))
            continue
            ;;
        *\\*)
            item=$(command printf '%b.' "$__stoke_line") # the dot keeps newlines at the end
            item=${item%.}
            ;;
        *) item=$__stoke_line ;;
        esac
        __stoke_seq=$((__stoke_seq + 1))
        seq=$__stoke_seq
        __stoke_answer "$item"
        command printf '%s %d\n' "$__stoke_mark" "$?"
    done

    exec >&2
}

# __stoke_leave ends the worker when the exit code has run.
__stoke_leave() {
    __stoke_status=$?
    [ "$__stoke_status" -eq 0 ] && exit 0
    printf 'stoke: --exit ended with status %d\n' "$__stoke_status" >&2
    exit 1
}
