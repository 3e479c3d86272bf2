# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of lssock for bash (4.0 or later). Uses nothing of bash-completion, which loads this
# file where it is installed; elsewhere source it.

# Completes the last item of a list with commas: _lssock_list PREFIX WORD ITEM...
_lssock_list()
{
	local prefix=$1 list= last=$2 item
	shift 2

	if [[ $last == *,* ]]; then
		list=${last%,*},
		last=${last##*,}
	fi
	for item; do
		if [[ $item == "$last"* && ,$list != *,"$item",* ]]; then
			COMPREPLY+=("$prefix$list$item")
		fi
	done
	# A comma may follow, so no blank is added.
	compopt -o nospace 2>/dev/null
}

_lssock()
{
	local IFS=$' \t\n'
	local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} prefix=
	local shorts='-a -l -t -u -U -S -w -x -4 -6 -A -n -p -e -o -Z -W -T -H -c -v -V -h'
	local longs='--all --listening --tcp --udp --udplite --sctp --raw --unix --inet --inet6
		--protocol= --numeric --numeric-hosts --numeric-ports --numeric-users --programs
		--extend --timers --context --wide --notrim --no-header --resolve-timeout=
		--continuous --count= --verbose --version --help'

	COMPREPLY=()
	# "--option=value" is three words where '=' is among COMP_WORDBREAKS, as it is by default.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $option == '=' ]] && ((COMP_CWORD >= 2)); then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == --*=* ]]; then
		option=${cur%%=*}
		prefix=$option=
		cur=${cur#*=}
	elif [[ $cur =~ ^(-[altuUSwx46npeoZWTHcvVh0-9.]*A)(.+)$ ]]; then
		option=-A
		prefix=${BASH_REMATCH[1]}
		cur=${BASH_REMATCH[2]}
	elif [[ $option == --continuous ]]; then
		option=
	fi

	if [[ $option == --protocol || $option =~ ^-[altuUSwx46npeoZWTHcvVh0-9.]*A$ ]]; then
		_lssock_list "$prefix" "$cur" inet inet6 unix
		return
	fi
	case $option in
	--resolve-timeout | --count | --continuous)
		return # a number
		;;
	esac
	COMPREPLY=($(compgen -W "$shorts $longs" -- "$cur"))
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -F _lssock lssock
