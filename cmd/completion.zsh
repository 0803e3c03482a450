#compdef stoke
# zsh completion for stoke. Install it as _stoke in a directory of fpath, or source it after compinit.

_stoke_code() { (( $+opt_args[-l] || $+opt_args[--lang] )) }

_stoke_command() {
	if (( $+opt_args[-h] || $+opt_args[--help] )); then
		compadd -- @TOPICS@
	elif _stoke_code; then
		_message CODE
	else
		_command_names -e
	fi
}

_stoke_argument() { _stoke_code || _normal }

_stoke() {
	local curcontext=$curcontext state state_descr line
	typeset -A opt_args
	_arguments -s -S -A '-*' \
@LINES@
		'(-)1:COMMAND:_stoke_command' \
		'*:: :_stoke_argument'
}

if [[ $funcstack[1] == _stoke ]]; then
	_stoke "$@"
else
	compdef _stoke stoke
fi
