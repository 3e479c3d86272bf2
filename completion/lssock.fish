# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of lssock for fish.

# The names of all fields, with the sign that the last item of a list begins with.
function __lssock_fields
    set -l sign (commandline -ct | string replace -rf '.*(?:^|[=,])([+-])[^,=]*$' '$1')
    for line in (lssock --list-columns 2>/dev/null)[2..-1]
        set -l words (string split -n ' ' -- $line)
        printf '%s\n' "$sign$words[1]"
    end
end

# A word of an expression.
function __lssock_expression
    switch (commandline -opc)[-1]
        case state exclude
            printf '%s\n' all connected synchronized bucket big established syn-sent syn-recv \
                fin-wait-1 fin-wait-2 time-wait close-wait last-ack listening closing closed
        case '*'
            printf '%s\n' state exclude sport dport src dst dev fwmark cgroup autobound and or not
            __lssock_fields
    end
end

# What ip-netns(8) has names for.
function __lssock_netns
    for file in /run/netns/*
        string replace -r '.*/' '' -- $file
    end
end

complete -c lssock -f -a '(__lssock_expression)'

complete -c lssock -s a -l all -d 'Listeners and connections'
complete -c lssock -s l -l listening -d 'Listeners only'
complete -c lssock -s t -l tcp -d 'TCP'
complete -c lssock -s u -l udp -d 'UDP'
complete -c lssock -s U -l udplite -d 'UDP-Lite'
complete -c lssock -s S -l sctp -d 'SCTP'
complete -c lssock -s w -l raw -d 'Raw IP sockets'
complete -c lssock -s x -l unix -d 'UNIX domain sockets'
complete -c lssock -s 4 -l inet -d 'IPv4'
complete -c lssock -s 6 -l inet6 -d 'IPv6'
set -l families all inet inet6 tcp udp udplite sctp raw unix u_str u_dgr u_seq mptcp dccp ping smc packet p_raw p_dgr netlink vsock v_str v_dgr v_seq tipc xdp bluetooth l2cap rfcomm kcm key phonet pppoe can l2tp
complete -c lssock -s A -l protocol -x -d 'Families' \
    -a "(__fish_complete_list , 'printf %s\\\\n $families')"
complete -c lssock -l family -x -d 'Families' \
    -a "(__fish_complete_list , 'printf %s\\\\n $families')"
complete -c lssock -s 0 -l packet -d 'Packet sockets'
complete -c lssock -l netlink -d 'Netlink sockets'
complete -c lssock -l mptcp -d 'Multipath TCP'
complete -c lssock -l dccp -d 'DCCP'
complete -c lssock -l smc -d 'SMC'
complete -c lssock -l vsock -d 'VSOCK'
complete -c lssock -l tipc -d 'TIPC'
complete -c lssock -l xdp -d 'XDP sockets'
complete -c lssock -l bluetooth -d 'Bluetooth'
complete -c lssock -s 2 -l l2cap -d 'Bluetooth: L2CAP alone'
complete -c lssock -l rfcomm -d 'Bluetooth: RFCOMM alone'
complete -c lssock -s B -l bound-inactive -d 'TCP, bound and neither listening nor connected'
complete -c lssock -l list-families -d 'Which families this host has'

complete -c lssock -l netns -x -a '(__lssock_netns)' -d 'Another network namespace'
complete -c lssock -l all-netns -d 'Every network namespace'

complete -c lssock -s n -l numeric -d 'No names at all'
complete -c lssock -l numeric-hosts -d 'No host names'
complete -c lssock -l numeric-ports -d 'No service names'
complete -c lssock -l numeric-users -d 'No user names'
complete -c lssock -s p -l programs -d 'PID and program of each socket'
complete -c lssock -s e -l extend -d 'User and inode'
complete -c lssock -s o -l timers -d 'Timers'
complete -c lssock -s Z -l context -d 'Security context'
complete -c lssock -s W -l wide -d 'Long program names in full'
complete -c lssock -s T -l notrim -d 'Long program names in full'
complete -c lssock -s H -l no-header -d 'No header lines'
complete -c lssock -l resolve-timeout -x -d 'Seconds for all names together'

complete -c lssock -l columns -x -d 'A table of these fields' \
    -a '(__fish_complete_list , __lssock_fields)'
complete -c lssock -l list-columns -d 'All fields and what they mean'
complete -c lssock -l info -d 'Columns of round trips, windows, rates'
complete -c lssock -l memory -d 'Columns of socket memory'
complete -c lssock -l sort -x -d 'By these fields' \
    -a '(__fish_complete_list , __lssock_fields)'
complete -c lssock -l top -x -d 'The first so many sockets only'
complete -c lssock -l json -d 'One JSON document'
complete -c lssock -l jsonl -d 'A JSON record a line'
complete -c lssock -l csv -d 'Comma-separated values'

complete -c lssock -l summary -d 'Sockets by protocol and state'
complete -c lssock -l count-by -x -d 'How many have which values' \
    -a '(__fish_complete_list , __lssock_fields)'
complete -c lssock -l ports -d 'Ephemeral ports: used and free'
complete -c lssock -l warn -x -d 'Percent of ports for status 1'
complete -c lssock -l crit -x -d 'Percent of ports for status 2'
complete -c lssock -l time-wait -d 'Who makes TIME_WAIT, what helps'
complete -c lssock -l listeners -d 'Accept queues and overflows'
complete -c lssock -l explain -d 'What the states of TCP mean'
complete -c lssock -s s -l statistics -d 'Counters of the protocols'
complete -c lssock -l openmetrics -d 'OpenMetrics text'
complete -c lssock -l diff -r -F -d 'What differs from an earlier output'
complete -c lssock -l expect -r -F -d 'Whether the listeners are those of a baseline'
complete -c lssock -l baseline -d 'What listens now, for --expect'
complete -c lssock -l check -x -d 'Whether someone listens at [ADDR:]PORT'
complete -c lssock -l wait -x -d 'Until it is so' -a 'listen: free: drained:'
complete -c lssock -l timeout -x -d 'Seconds that --wait waits, or --events lasts'

complete -c lssock -s c -l continuous -d 'Again every second'
complete -c lssock -l count -x -d 'Number of listings'
complete -c lssock -l events -d 'TCP and UDP sockets as they are closed'

complete -c lssock -s q -l quiet -d 'No output: the status is the answer'
complete -c lssock -l explain-filter -d 'Say what the kernel decides'
complete -c lssock -l kill -d 'List TCP and UDP sockets to be closed'
complete -c lssock -l yes -d 'Close what --kill lists'
complete -c lssock -l record -r -F -d 'Write what the kernel said to a new file'
complete -c lssock -l replay -r -F -d 'Look at a recording and nothing else'
complete -c lssock -l no-sandbox -d 'Without seccomp and Landlock'
complete -c lssock -s v -l verbose -d 'Say what is left out'
complete -c lssock -s V -l version -d 'Name and version'
complete -c lssock -s h -l help -d 'List of options'
