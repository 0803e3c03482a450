# The warm bash of `stoke --lang bash`: runs the user's CODE for each item; what CODE writes to its stdout is the answer.
#
# Orders: the variable STOKE_LANG_SETUP, which assigns __stoke_nonce, slot, __stoke_init, __stoke_code, __stoke_exit and what
#       --arg defines. They are no arguments: ps shows those to everybody.
# In:   one line an item, with backslash written \\ and newline \n. A line \#SEQ says the number of the item after it.
# Out:  MARK is the byte 0x1e and the nonce. "MARK ready" newline when items may come, or "MARK ?TEXT MARK" newline (without the
#       space after TEXT) and exit status 120 when the user's text is at fault. Then for each item, in order: the output as
#       it is, and behind it "MARK STATUS" newline, with the exit status of CODE.
#
# CODE is the body of a function in this very shell, with the item as its argument, so what it assigns stays; an item costs no process. Under `set -e` a
# command that fails ends its item, not the shell: see __stoke_err. No item can hold a NUL byte.

eval "$STOKE_LANG_SETUP"
unset STOKE_LANG_SETUP STOKE_LANG_RUNNER TMOUT
__stoke_mark=$'\x1e'$__stoke_nonce
if ! exec 30<&0 31>&1 </dev/null >&2; then
    printf 'stoke: bash cannot have descriptors 30 and 31: raise ulimit -n\n' >&2
    exit 1
fi

# __stoke_syntax parses a text without running it.
__stoke_syntax() (
    shopt -s extglob # init may set it, and then CODE may need it
    eval "set -n"$'\n'"$1" 2>&1
)

# __stoke_check NAME TEXT ends the worker if TEXT does not parse.
__stoke_check() {
    local said base line LC_MESSAGES=C
    local -a lines
    said=$(__stoke_syntax "$2") && return
    __stoke_whole $?
    base=$(__stoke_syntax ')') # the number that bash gives to the first line
    base=${base#*line } said=${said#*line }
    line=$((${said%%:*} - ${base%%:*} + 1)) said=${said#*: }
    said=${said%%$'\n'*}
    mapfile -t lines <<<"${2%$'\n'}"
    ((line <= ${#lines[@]})) || line=${#lines[@]}
    __stoke_fault "$1, line $line: $said"$'\n'"    ${lines[line - 1]}"
}

# __stoke_whole STATUS ends the worker if what parsed a text was killed: that says nothing of the text.
__stoke_whole() {
    (($1 <= 128)) || exit "$1"
}

# __stoke_fault ends the worker over the user's text.
__stoke_fault() {
    printf '%s ?%s%s\n' "$__stoke_mark" "$1" "$__stoke_mark" >&31
    exit 120
}

__stoke_check --init "$__stoke_init"
__stoke_check CODE "$__stoke_code"
__stoke_check --exit "$__stoke_exit"
__stoke_function="__stoke_answer() {
:
$__stoke_code
}"
__stoke_syntax "$__stoke_function" >/dev/null || {
    __stoke_whole $?
    __stoke_fault 'CODE: it has no end: is it that of a here-document?'
}

# What the user's text starts shall hold neither items nor answers, so both are closed for all that follows. bash keeps
# them for afterwards, in copies that are closed on exec, with the lowest numbers that are free from 10 on: those are used.
# bash takes such a number for its own, whatever the user says, so the usual ones must not be among them.
__stoke_taken=()
while exec {__stoke_items}<&30 && ((__stoke_items < 28)); do __stoke_taken+=("$__stoke_items"); done
exec {__stoke_answers}<&30
exec {__stoke_items}<&- {__stoke_answers}<&-
{

for __stoke_number in "${__stoke_taken[@]}"; do exec {__stoke_number}<&-; done

eval "$__stoke_init"
__stoke_status=$?
if ((__stoke_status)); then
    printf 'stoke: --init ended with status %d\n' "$__stoke_status" >&2
    exit 1
fi

eval "$__stoke_function"

# __stoke_err is the trap of failing commands that stands in for errexit, and for nothing without it: it leaves the
# function, and so its callers. A subshell ends. $__stoke_struck tells that errexit is due again for the next item.
__stoke_err='__stoke_status=$?
case $-:$BASH_SUBSHELL in
*e*:0) set +e; __stoke_struck=1 ;;
*e*:*) exit "$__stoke_status" ;;
esac
[[ -z $__stoke_struck || -z ${FUNCNAME-} ]] || return "$__stoke_status"'
__stoke_struck= __stoke_seq=0
case $(trap -p ERR) in
'' | 'trap -- - '*)
    set -E
    trap "$__stoke_err" ERR
    ;;
esac # else init has set one of its own

: <&"$__stoke_items" && exec >&"$__stoke_answers" || exit 1 # init may have closed them
builtin printf '%s ready\n' "$__stoke_mark"
# builtin: CODE may define a printf or a read of its own.
while IFS= builtin read -r -u "$__stoke_items" __stoke_line; do
    case $__stoke_line in
    \\#*)
        __stoke_seq=$((${__stoke_line#??} - 1))
        continue
        ;;
    *\\*) builtin printf -v item %b "$__stoke_line" ;;
    *) item=$__stoke_line ;;
    esac
    seq=$((++__stoke_seq))
    builtin eval '__stoke_answer "$item"' # eval: an expansion that fails, as 1/0, ends all that bash is at, up to an eval
    builtin printf '%s %d\n' "$__stoke_mark" "$?"
    if [[ -n $__stoke_struck ]]; then
        __stoke_struck=
        set -e
    fi
done

exec >&2
eval "exec $__stoke_answers>/dev/null" # that there will be no more answers shows in their end
[[ $(trap -p ERR) == *__stoke_status=* ]] && trap - ERR # errexit is what it is everywhere from here on
eval "$__stoke_exit"
__stoke_status=$?
((__stoke_status)) || exit 0
builtin printf 'stoke: --exit ended with status %d\n' "$__stoke_status"
exit 1

} 30<&- 31>&-
