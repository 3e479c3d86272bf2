# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2046,SC2207 # words are split on purpose
# Completion of lssock for bash (4.0 or later). Uses nothing of bash-completion, which loads this
# file where it is installed; elsewhere source it.

# Completes the last item of a list with commas, which may have a sign before it:
# _lssock_list PREFIX WORD ITEM...
_lssock_list()
{
	local prefix=$1 list='' last=$2 sign='' item
	shift 2

	if [[ $last == *,* ]]; then
		list=${last%,*},
		last=${last##*,}
	fi
	if [[ $last == [+-]* ]]; then
		sign=${last:0:1}
		last=${last:1}
	fi
	for item; do
		if [[ $item == "$last"* && ,${list//[+-]/} != *,"$item",* ]]; then
			COMPREPLY+=("$prefix$list$sign$item")
		fi
	done
	# A comma may follow, so no blank is added.
	compopt -o nospace 2>/dev/null
}

# What ip-netns(8) has names for.
_lssock_netns()
{
	local file

	for file in /run/netns/*; do
		if [[ -e $file ]]; then
			printf '%s\n' "${file##*/}"
		fi
	done
}

# The names of all fields.
_lssock_fields()
{
	local name rest

	lssock --list-columns 2>/dev/null | while read -r name rest; do
		if [[ $name != Name ]]; then
			printf '%s\n' "$name"
		fi
	done
}

# A word of an expression: _lssock_expression WORD PREVIOUS.
_lssock_expression()
{
	local states='all connected synchronized bucket big established syn-sent syn-recv fin-wait-1
		fin-wait-2 time-wait close-wait last-ack listening closing closed'
	local terms='state exclude sport dport src dst dev fwmark cgroup autobound and or not'

	case $2 in
	state | exclude)
		COMPREPLY=($(compgen -W "$states" -- "$1"))
		;;
	*)
		COMPREPLY=($(compgen -W "$terms $(_lssock_fields)" -- "$1"))
		;;
	esac
}

_lssock()
{
	local IFS=$' \t\n'
	local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} prefix=
	local shorts='-a -l -t -u -U -S -w -x -0 -2 -4 -6 -A -B -n -p -e -o -Z -W -T -H -s -c -q -v -V -h'
	local longs='--all --listening --tcp --udp --udplite --sctp --raw --unix --inet --inet6
		--protocol= --family= --packet --netlink --mptcp --dccp --smc --vsock --tipc --xdp
		--bluetooth --l2cap --rfcomm
		--bound-inactive --list-families --netns= --all-netns --numeric --numeric-hosts --numeric-ports --numeric-users --programs
		--extend --timers --context --wide --notrim --no-header --resolve-timeout=
		--columns= --list-columns --info --memory --sort= --top= --json --jsonl --csv
		--summary --count-by= --ports --warn= --crit= --time-wait --listeners --explain
		--statistics --openmetrics --diff= --expect= --baseline --check= --wait= --timeout=
		--continuous --count= --events --kill --yes --quiet --explain-filter --verbose
		--record= --replay= --no-sandbox
		--version --help'

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
	elif [[ $cur =~ ^(-[altuUSwx0246BnpeoZWTHscqvVh0-9.]*A)(.+)$ ]]; then
		option=-A
		prefix=${BASH_REMATCH[1]}
		cur=${BASH_REMATCH[2]}
	elif [[ $option == --continuous ]]; then
		option=
	fi

	if [[ $option == --protocol || $option == --family || $option =~ ^-[altuUSwx0246BnpeoZWTHscqvVh0-9.]*A$ ]]; then
		_lssock_list "$prefix" "$cur" all inet inet6 tcp udp udplite sctp raw unix u_str u_dgr \
			u_seq mptcp dccp ping smc packet p_raw p_dgr netlink vsock v_str v_dgr v_seq tipc xdp bluetooth l2cap rfcomm kcm key phonet pppoe can l2tp
		return
	fi
	case $option in
	--netns)
		_lssock_list "$prefix" "$cur" $(_lssock_netns)
		return
		;;
	--columns | --sort | --count-by)
		_lssock_list "$prefix" "$cur" $(_lssock_fields)
		return
		;;
	--diff | --expect)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -P "$prefix" -f -- "$cur"))
		return
		;;
	--resolve-timeout | --count | --continuous | --top | --warn | --crit | --timeout | --check)
		return # a number or a target
		;;
	--wait)
		COMPREPLY=($(compgen -P "$prefix" -W 'listen: free: drained:' -- "$cur"))
		compopt -o nospace 2>/dev/null
		return
		;;
	--openmetrics)
		COMPREPLY=($(compgen -P "$prefix" -W textfile -- "$cur"))
		return
		;;
	--explain)
		_lssock_expression "$cur" state
		return
		;;
	esac
	if [[ $cur != -* ]]; then
		_lssock_expression "$cur" "$option"
		return
	fi
	COMPREPLY=($(compgen -W "$shorts $longs" -- "$cur"))
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -F _lssock lssock
