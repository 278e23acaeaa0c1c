# shellcheck shell=bash
# VMM's operations, step by step in the order in which VMM goes; and their variants.

readonly OPERATIONS="add-host library-transfer console-connect bare-metal v2v wsus"
readonly VARIANTS="clean blocked rejected unexpected"

add_host() {
    nettcp "console submits" con01 vmm01 8100 4
    sql "job in database" vmm01 sql01 4
    domain_dns "finds domain" vmm01
    domain_ticket "gets ticket" vmm01
    domain_search "looks up host" vmm01 "(servicePrincipalName=HOST/hv07*)"
    echo_request "ping" vmm01 hv07 6
    endpoint "asks by RPC" vmm01 hv07 srvinfo
    # shellcheck disable=SC2016 # the share's name
    smb "copies agent" vmm01 hv07 'ADMIN$' "put $STATE/msiInstaller.exe msiInstaller.exe"
    winrm "talks to agent" vmm01 hv07 5985 4
    bits "first transfer" vmm01 hv07 6
}

library_transfer() {
    sql "job in database" vmm01 sql01 4
    shares "lists shares" vmm01 lib01
    winrm "library's agent" vmm01 lib01 5985 6
    winrm "host's agent" vmm01 hv07 5985 4
    bits "library to host" lib01 hv07 4
    bits "host from library" hv07 lib01 6
    bits "host to host" hv07 hv08 6
    fetch "monitoring" mon01 hv08 9100 4 /metrics
}

console_connect() {
    nettcp "console connects" con01 vmm01 8100 4
    sql "job in database" vmm01 sql01 4
    fetch "console by HTTPS" con01 vmm01 8101 6 /service --data-raw "$(soap "")"
    nettcp "console by net.tcp" con01 vmm01 8102 6
}

bare_metal() {
    sql "job in database" vmm01 sql01 4
    controller_asks "discovers" vmm01 bmc07 mc info
    winrm "asks by SMASH" vmm01 bmc07 443 4
    controller_asks "powers on" vmm01 bmc07 chassis power on
    step "gets address" pe01 pxe01 udp/67 busybox udhcpc -f -q -n -t 2 -T 2 -A 1 -i eth0 -s /bin/true
    step "gets boot file" pe01 pxe01 udp/69 curl -q -sS --noproxy '*' --max-time 6 -o /dev/null \
        "tftp://$(address_of pxe01 4)/wdsnbp.com"
    nettcp "is it ours?" pxe01 vmm01 8102 4
    fetch "WinPE reports" pe01 vmm01 8101 6 /service --data-raw "$(soap "")"
    fetch "sets its clock" pe01 vmm01 8103 4 /service --data-raw "$(soap "")"
    bits "fetches image" pe01 lib01 4
    domain_dns "finds domain" pe01
    domain_ticket "joins domain" pe01
}

v2v() {
    sql "job in database" vmm01 sql01 4
    fetch "asks vCenter" vmm01 vc01 443 4 /sdk --data-raw "$(soap "")"
    fetch "asks ESXi" vmm01 esx01 443 4 /sdk --data-raw "$(soap "")"
    secure_copy "configuration" vmm01 esx01 22 4
    winrm "host's agent" vmm01 hv07 5985 4
    bits "host fetches disk" hv07 esx01 6
}

wsus() {
    sql "job in database" vmm01 sql01 4
    fetch "asks WSUS" vmm01 wsus01 8530 4 /ApiRemoting30 --data-raw "$(soap "")"
    fetch "asks WSUS by TLS" vmm01 wsus01 8531 6 /ApiRemoting30 --data-raw "$(soap "")"
    winrm "scan" vmm01 hv07 5985 4
    fetch "host gets updates" hv07 wsus01 8530 4 /payload.bin -o /dev/null
}

# What a variant's firewalls stop.
arrange() {
    case $1 in
    add-host-blocked) firewall hv07 drop tcp 5985 ;;
    add-host-rejected)
        firewall hv07 reset tcp 5985
        firewall hv07 prohibit tcp 445
        ;;
    library-transfer-blocked) firewall hv07 drop tcp 443 ;;
    library-transfer-rejected)
        firewall hv07 reset tcp 443
        firewall lib01 prohibit tcp 443
        ;;
    console-connect-blocked) firewall vmm01 drop tcp 8100 ;;
    console-connect-rejected)
        firewall vmm01 reset tcp 8100
        firewall vmm01 prohibit tcp 8101
        ;;
    bare-metal-blocked) firewall bmc07 drop udp 623 ;;
    bare-metal-rejected)
        firewall bmc07 reset udp 623
        firewall vmm01 prohibit tcp 8101
        firewall vmm01 reset tcp 8103
        ;;
    v2v-blocked) firewall esx01 drop tcp 443 ;;
    v2v-rejected)
        firewall vc01 reset tcp 443
        firewall esx01 prohibit tcp 22
        ;;
    wsus-blocked) firewall wsus01 drop tcp 8530 ;;
    wsus-rejected)
        firewall wsus01 reset tcp 8530
        firewall wsus01 prohibit tcp 8531
        ;;
    esac
}

# What happens besides: conversations that no rule expects.
besides() {
    case $1 in
    add-host-blocked) secure_copy "host to VMM server" hv07 vmm01 22 4 ;;
    # No one listens there.
    add-host-rejected) fetch "host knocks" hv08 vmm01 3389 4 / ;;
    add-host-unexpected)
        secure_copy "host to VMM server" hv07 vmm01 22 6
        secure_copy "stranger" stranger vmm01 22 4
        ;;
    library-transfer-unexpected)
        secure_copy "SSH on WinRM's port" vmm01 lib01 80 4
        sql "library at database" lib01 sql01 6
        ;;
    console-connect-unexpected) sql "console at database" con01 sql01 4 ;;
    bare-metal-unexpected) sql "WinPE at database" pe01 sql01 6 ;;
    v2v-unexpected) fetch "host asks vCenter" hv07 vc01 443 4 /sdk --data-raw "$(soap "")" ;;
    wsus-unexpected) fetch "ESXi at WSUS" esx01 wsus01 8530 4 /payload.bin -o /dev/null ;;
    esac
}

is_word() { [[ " $2 " == *" $1 "* ]]; }

# run OPERATION [VARIANT]. Without a variant the firewalls stay as they are.
run() {
    local operation=${1-} variant=${2-}
    is_word "$operation" "$OPERATIONS" || fault "no such operation: $operation ($OPERATIONS)"
    [[ -z $variant ]] || is_word "$variant" "$VARIANTS" ||
        fault "no such variant: $variant ($VARIANTS)"
    case $operation in add-host | bare-metal) await_domain ;; esac
    if [[ -n $variant ]]; then
        firewalls_clear
        arrange "$operation-$variant"
    fi
    "${operation//-/_}"
    if [[ -n $variant ]]; then
        besides "$operation-$variant"
        firewalls_clear
    fi
}
