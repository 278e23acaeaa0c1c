# shellcheck shell=bash
# The clients: each is one step of an operation.

# step NAME CLIENT SERVER SERVICE COMMAND...: runs the command on the client for at most 8 s and
# prints how it went. That a firewall stops it is what it is for; that it cannot run is a fault.
step() {
    local name=$1 client=$2 server=$3 service=$4 code=0 told=ok
    shift 4
    echo "== $name: $*" >>"$STATE/steps.log"
    inside "$client" timeout -k 1 8 "$@" </dev/null >>"$STATE/steps.log" 2>&1 || code=$?
    case $code in
    0) ;;
    126 | 127) fault "$name: $1 cannot run; see $STATE/steps.log" ;;
    *) told=failed ;;
    esac
    printf '%-22s %-9s %-9s %-11s %s\n' "$name" "$client" "$server" "$service" "$told"
}

# in_url MACHINE 4|6
in_url() { if [[ $2 == 6 ]]; then echo "[$(address_of "$1" 6)]"; else address_of "$1" 4; fi; }

# fetch NAME CLIENT SERVER PORT 4|6 PATH [curl's arguments]. Dials by name, as VMM does; 4 s are three
# SYNs.
fetch() {
    local name=$1 client=$2 server=$3 port=$4 family=$5 path=$6 scheme=http
    shift 6
    case $port in 443 | 5986 | 8101 | 8531) scheme=https ;; esac
    step "$name" "$client" "$server" "tcp/$port" curl -q -sS -f "-$family" --noproxy '*' --http1.1 \
        --connect-timeout 4 --max-time 6 --cacert "$STATE/tls.crt" \
        "$@" "$scheme://$server.contoso.test:$port$path"
}

# winrm NAME CLIENT SERVER PORT 4|6: a WS-Man Identify with the headers of Windows' client.
winrm() {
    fetch "$@" /wsman -A "Microsoft WinRM Client" -H "WSMANIDENTIFY: unauthenticated" \
        -H "Content-Type: application/soap+xml;charset=UTF-8" --data-raw "$(soap \
            '<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>')"
}

# bits NAME CLIENT SERVER 4|6: asks how long the file is, then fetches it in two ranges.
bits() {
    local name=$1 client=$2 server=$3 family=$4
    local url=https://$server.contoso.test/payload.bin common
    common=(-sS -f "-$family" --noproxy '*' --http1.1 --connect-timeout 4 --max-time 6
        --cacert "$STATE/tls.crt" -A "Microsoft BITS/7.8" -o /dev/null)
    step "$name" "$client" "$server" tcp/443 curl -q --fail-early "${common[@]}" -I "$url" \
        --next "${common[@]}" -r 0-2999 "$url" --next "${common[@]}" -r 3000-5999 "$url"
}

# sql NAME CLIENT SERVER 4|6
sql() {
    step "$1" "$2" "$3" tcp/1433 /usr/bin/python3 -B "$LAB/standin_tds.py" \
        ask "$(address_of "$3" "$4")" 1433
}

# nettcp NAME CLIENT SERVER PORT 4|6
nettcp() {
    step "$1" "$2" "$3" "tcp/$4" /usr/bin/python3 -B "$LAB/standin_nettcp.py" \
        ask "$(address_of "$3" "$5")" "$4"
}

# smb NAME CLIENT SERVER SHARE COMMANDS
smb() {
    step "$1" "$2" "$3" tcp/445 timeout 4 smbclient -s "$STATE/client.conf" -p 445 \
        -I "$(address_of "$3" 4)" -U "$ACCOUNT%$PASSWORD" "//$3/$4" -c "$5"
}

# shares NAME CLIENT SERVER
shares() {
    step "$1" "$2" "$3" tcp/445 timeout 4 smbclient -s "$STATE/client.conf" -p 445 \
        -I "$(address_of "$3" 4)" -U "$ACCOUNT%$PASSWORD" -L "$3" -m SMB3
}

# endpoint NAME CLIENT SERVER COMMAND: asks 135 for a port, then speaks there.
endpoint() {
    step "$1" "$2" "$3" tcp/135 timeout 4 rpcclient -s "$STATE/client.conf" \
        -U "$ACCOUNT%$PASSWORD" "ncacn_ip_tcp:$(address_of "$3" 4)" -c "$4"
}

# echo_request NAME CLIENT SERVER 4|6
echo_request() { step "$1" "$2" "$3" icmp ping -n -q -c 1 -W 3 "-$4" "$(address_of "$3" "$4")"; }

# secure_copy NAME CLIENT SERVER PORT 4|6: lists the folder by SFTP.
secure_copy() {
    step "$1" "$2" "$3" "tcp/$4" sftp -q -F none -P "$4" -i "$STATE/ssh_client" \
        -o BatchMode=yes -o ConnectTimeout=4 -o UserKnownHostsFile="$STATE/known_hosts" \
        -b "$STATE/sftp.batch" "$ACCOUNT@$(in_url "$3" "$5")"
}

# controller_asks NAME CLIENT SERVER COMMAND...: IPMI 2.0 by RMCP+; 4 datagrams, a second apart.
controller_asks() {
    local name=$1 client=$2 server=$3
    shift 3
    step "$name" "$client" "$server" udp/623 ipmitool -I lanplus -C 3 -R 3 -N 1 \
        -H "$(address_of "$server" 4)" -U "$ACCOUNT" -P "$PASSWORD" "$@"
}

# In the domain: a question to DNS, a ticket, and with it a question to the directory.
domain_dns() {
    step "$1" "$2" dc01 udp/53 dig +tries=2 +time=2 "@$(address_of dc01 4)" \
        SRV _ldap._tcp.dc._msdcs.contoso.test
}
domain_ticket() {
    step "$1" "$2" dc01 tcp/88 env KRB5_CONFIG="$STATE/krb5.conf" KRB5CCNAME="$STATE/$2.ticket" \
        sh -c "echo '$PASSWORD' | kinit $ACCOUNT@CONTOSO.TEST"
}
domain_search() {
    step "$1" "$2" dc01 tcp/389 env KRB5_CONFIG="$STATE/krb5.conf" KRB5CCNAME="$STATE/$2.ticket" \
        ldapsearch -Y GSSAPI -Q -N -o nettimeout=4 -H ldap://dc01.contoso.test \
        -b DC=contoso,DC=test -LLL "$3" servicePrincipalName
}

# What the clients read.
clients_up() {
    echo "[global]" >"$STATE/client.conf"
    samba_folders "$STATE/client" >>"$STATE/client.conf"
    head -c 6000 /dev/urandom >"$STATE/msiInstaller.exe"
    echo pwd >"$STATE/sftp.batch"
    # No port, no name and no lookup is left to chance; TCP alone, as Windows has it.
    cat >"$STATE/krb5.conf" <<KERBEROS
[libdefaults]
default_realm = CONTOSO.TEST
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
CONTOSO.TEST = {
kdc = $(address_of dc01 4)
}
[domain_realm]
.contoso.test = CONTOSO.TEST
KERBEROS
}
