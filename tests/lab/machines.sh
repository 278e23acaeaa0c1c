# shellcheck shell=bash
# The machines: one network namespace each, on one switch that is a namespace, too.

readonly PREFIX=vmmlab
readonly SWITCH=$PREFIX-switch
readonly NAMES=/etc/netns

# name, IPv4, IPv6. All but `stranger` are in the site file.
readonly MACHINES="
vmm01    10.20.0.10    2001:db8:20::10
lib01    10.20.0.20    2001:db8:20::20
con01    10.20.0.30    2001:db8:20::30
sql01    10.20.0.40    2001:db8:20::40
dc01     10.20.0.5     2001:db8:20::5
pxe01    10.20.0.50    2001:db8:20::50
wsus01   10.20.0.60    2001:db8:20::60
hv07     10.20.1.7     2001:db8:20:1::7
hv08     10.20.1.8     2001:db8:20:1::8
esx01    10.20.2.1     2001:db8:20:2::1
vc01     10.20.2.10    2001:db8:20:2::10
mon01    10.20.5.5     2001:db8:20:5::5
pe01     10.20.6.21    2001:db8:20:6::21
bmc07    10.20.9.7     2001:db8:20:9::7
stranger 198.51.100.23 2001:db8:ffff::23
"

machine_names() { awk 'NF { print $1 }' <<<"$MACHINES"; }

# address_of MACHINE 4|6
address_of() {
    awk -v name="$1" -v field=$(($2 == 4 ? 2 : 3)) '$1 == name { print $field }' <<<"$MACHINES"
}

is_machine() { [[ -n $(address_of "$1" 4) ]]; }

# inside MACHINE COMMAND...: the namespace's own /etc/hosts, resolv.conf and passwd come with it, and
# the machine's own name. Call it in a subshell: it is replaced by the command. The lab's lock stays
# outside: a server that inherited it would hold it for ever.
become() {
    exec 9<&-
    # shellcheck disable=SC2016 # the inner shell expands them
    exec ip netns exec "$PREFIX-$1" unshare --uts bash -c 'hostname "$0" && exec "$@"' "$@"
}
inside() { (become "$@"); }

mac_of() {
    local a b c d
    IFS=. read -r a b c d <<<"$(address_of "$1" 4)"
    printf '02:00:%02x:%02x:%02x:%02x' "$a" "$b" "$c" "$d"
}

switch_batch() {
    echo "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
    echo "link set br0 up"
    local machine
    for machine in $(machine_names); do
        echo "link add $machine type veth peer name eth0 address $(mac_of "$machine")" \
            "netns $PREFIX-$machine"
        echo "link set $machine master br0 up"
    done
}

# On a flat network every machine reaches every other one directly.
machine_batch() {
    echo "link set lo up"
    echo "address add $(address_of "$1" 4)/16 dev eth0"
    echo "address add $(address_of "$1" 6)/48 dev eth0 nodad"
    echo "link set eth0 up"
    if [[ $1 == stranger ]]; then
        echo "route add 10.20.0.0/16 dev eth0"
        echo "route add 2001:db8:20::/48 dev eth0"
    else
        echo "route add 198.51.100.0/24 dev eth0"
        echo "route add 2001:db8:ffff::/48 dev eth0"
    fi
}

# What makes the captures look like those of a Windows network: SYNs repeated after 1, 2, 4 s,
# client ports from 49152 up. The last two settings exist in newer kernels only.
machine_settings() {
    local v4=/proc/sys/net/ipv4 v6=/proc/sys/net/ipv6/conf
    echo 49152 65535 >$v4/ip_local_port_range
    echo 1 >$v4/tcp_no_metrics_save
    echo 0 >$v6/eth0/router_solicitations
    echo 0 >$v6/eth0/accept_ra
    if [[ -w $v4/tcp_syn_linear_timeouts ]]; then echo 0 >$v4/tcp_syn_linear_timeouts; fi
}

# Without offloads the captures hold segments and checksums as they are on a cable.
no_offloads() {
    ethtool -K eth0 tx off rx off tso off gso off gro off >/dev/null
}

etc_files() {
    local machine=$1 folder=$NAMES/$PREFIX-$1
    mkdir -p "$folder"
    {
        echo "127.0.0.1 localhost"
        awk 'NF && $1 != "stranger" { print $2, $1, $1 ".contoso.test" }' <<<"$MACHINES"
        awk 'NF && $1 != "stranger" { print $3, $1, $1 ".contoso.test" }' <<<"$MACHINES"
    } >"$folder/hosts"
    echo "nameserver $(address_of dc01 4)" >"$folder/resolv.conf"
    # The account that the servers know; the system's own list of accounts stays as it is.
    cat /etc/passwd - >"$folder/passwd" <<<"$ACCOUNT:*:64021:65534::/nonexistent:/bin/sh"
}

namespaces() { ip netns list | awk -v prefix="$PREFIX-" 'index($1, prefix) == 1 { print $1 }'; }

network_up() {
    local machine
    ip netns add "$SWITCH"
    # Multicast of the bridge itself would be noise in the captures.
    ip netns exec "$SWITCH" sysctl -q -w net.ipv6.conf.default.disable_ipv6=1
    for machine in $(machine_names); do ip netns add "$PREFIX-$machine"; done
    switch_batch | ip -n "$SWITCH" -batch -
    for machine in $(machine_names); do
        etc_files "$machine"
        machine_batch "$machine" | ip -n "$PREFIX-$machine" -batch -
        export -f machine_settings no_offloads
        inside "$machine" bash -euc 'machine_settings; no_offloads'
        firewall_up "$machine"
    done
}

pids_in_lab() {
    local namespace
    for namespace in $(namespaces); do ip netns pids "$namespace"; done
}

# Ends whatever runs in the namespaces, first politely; at most 3 s. First of all the shell that makes
# the domain: it is outside, and would start the next command inside.
end_processes() {
    local signal pids maker
    if [[ -e $STATE/domain.pid ]]; then
        maker=$(<"$STATE/domain.pid")
        if grep -qs lab "/proc/$maker/cmdline"; then kill -KILL "$maker" 2>/dev/null || true; fi
    fi
    for signal in TERM KILL; do
        for _ in {1..15}; do
            pids=$(pids_in_lab)
            [[ -n $pids ]] || return 0
            # shellcheck disable=SC2086 # a list
            kill -s "$signal" $pids 2>/dev/null || true
            sleep 0.1
        done
    done
}

network_down() {
    local namespace
    for namespace in $(namespaces); do
        ip netns delete "$namespace"
        rm -rf "${NAMES:?}/$namespace"
    done
    # A killed run may have left files without their namespace.
    rm -rf "$NAMES/$PREFIX"-*
    rmdir "$NAMES" 2>/dev/null || true
}
