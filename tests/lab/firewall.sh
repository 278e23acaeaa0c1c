# shellcheck shell=bash
# A firewall on each machine: an nftables chain of inbound rules, for IPv4 and IPv6 at once.

firewall_up() {
    inside "$1" nft -f - <<'RULES'
table inet lab {
    chain inbound {
        type filter hook input priority 0; policy accept;
    }
}
RULES
}

# firewall MACHINE ACTION TRANSPORT PORT, or firewall MACHINE clear
firewall() {
    local machine=$1 action=$2 transport=${3-} port=${4-} verdict
    if [[ $action == clear ]]; then
        inside "$machine" nft flush chain inet lab inbound
        return
    fi
    case $action in
    accept) verdict=accept ;;
    drop) verdict=drop ;;
    reset)
        verdict="reject with tcp reset"
        # What a machine without a listener says to a datagram.
        if [[ $transport == udp ]]; then verdict="reject with icmpx port-unreachable"; fi
        ;;
    prohibit) verdict="reject with icmpx admin-prohibited" ;;
    *) fault "no such action of the firewall: $action" ;;
    esac
    [[ $transport == tcp || $transport == udp ]] || fault "tcp or udp, not: $transport"
    [[ $port =~ ^[0-9]+$ ]] || fault "a port, not: $port"
    # The newest rule decides, so a rule can be set twice.
    # shellcheck disable=SC2086 # the verdict is several words
    inside "$machine" nft insert rule inet lab inbound "$transport" dport "$port" $verdict
}

firewalls_clear() {
    local machine
    for machine in $(machine_names); do firewall "$machine" clear; done
}
