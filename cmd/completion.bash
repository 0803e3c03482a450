# bash completion for stoke. Source it, or install it as completions/stoke of bash-completion.

_stoke_default() { # CUR: what the shell completes where nothing is known, files
	compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$1"))
}

_stoke_value() { # FLAG CUR
	case $1 in
@LINES@
	esac
}

_stoke_command() { # CUR
	compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen -c -d -- "$1"))
}

_stoke_argument() { # INDEX of COMMAND in COMP_WORDS, CUR
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		_stoke_default "$2"
	fi
}

_stoke() {
	local IFS=$' \t\n' words=() at=() line=${COMP_LINE:0:COMP_POINT} rest piece i n=0
	# COMP_WORDS is cut at = and : too: glue together what has no blank in between.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		piece=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || piece=$rest
		if ((n)) && [[ $rest == "$line" ]]; then
			words[n - 1]+=$piece
		else
			words[n]=$piece at[n]=$i
			((++n))
		fi
		line=${rest#"$piece"}
	done

	local cur=${words[n - 1]} word flag command=0 code=0 help=0
	for ((i = 1; i < n - 1; i++)); do
		word=${words[i]} flag=
		[[ $word == --help || $word == -h ]] && help=1
		[[ $word == --lang || $word == --lang=* || $word =~ ^-[@PLAIN@]*l ]] && code=1
		case $word in
		--) command=$((i + 1)) ;;
		--*) [[ ' @VALUED@ ' == *" $word "* ]] && flag=$word ;;
		-?*) [[ $word =~ ^-[@PLAIN@]*[@TAKING@]$ ]] && flag=-${word:${#word}-1} ;;
		'<' | '>' | '>>' | '<>') flag=redirection ;;
		*) command=$i ;;
		esac
		((command)) && break
		[[ $flag ]] && ((++i == n - 1)) && break
		flag=
	done

	COMPREPLY=()
	if ((command && command < n - 1)); then
		((code)) || _stoke_argument "${at[command]}" "$cur"
		return
	elif [[ $flag == redirection ]]; then
		_stoke_default "$cur"
	elif [[ $flag ]]; then
		_stoke_value "$flag" "$cur"
	elif ((!command)) && [[ $cur == --*=* ]]; then
		flag=${cur%%=*} cur=${cur#*=}
		_stoke_value "$flag" "$cur"
	elif ((!command)) && [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W '@FLAGS@' -- "$cur"))
	elif ((help)); then
		COMPREPLY=($(compgen -W '@TOPICS@' -- "$cur"))
	elif ((!code)); then
		_stoke_command "$cur"
	fi
	((${#COMPREPLY[@]})) || return 0
	COMPREPLY=("${COMPREPLY[@]#"${cur%"$2"}"}") # readline replaces only the piece behind the last = or :
}

complete -F _stoke stoke
