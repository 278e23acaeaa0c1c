# shellcheck shell=bash
# The services: Debian's, configured in the state folder, each in its machine's namespace. Stand-ins
# for what no package offers are called so.

# serve MACHINE NAME COMMAND...: in the background, away from the terminal, with a log.
serve() {
    local machine=$1 name=$2
    shift 2
    mkdir -p "$STATE/$machine"
    (
        exec </dev/null >>"$STATE/$machine/$name.log" 2>&1
        become "$machine" setsid "$@"
    ) &
}

# await MACHINE tcp|udp PORT...: until all are listened on, at most 15 s. Asks the kernel, so that
# nothing of it is on the wire.
await() {
    local machine=$1 transport=$2 port missing=""
    shift 2
    for _ in {1..150}; do
        local listening
        listening=$(inside "$machine" ss -Hln "--$transport" | awk '{ print $4 }')
        missing=""
        for port in "$@"; do grep -q ":$port\$" <<<"$listening" || missing+=" $port"; done
        [[ -n $missing ]] || return 0
        sleep 0.1
    done
    fault "$machine does not listen on $transport$missing; see $STATE/$machine"
}

keys() {
    local names=""
    names=$(machine_names | sed 's/.*/DNS:&,DNS:&.contoso.test/' | paste -sd,)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
        -subj "/CN=vmmtap lab" -addext "subjectAltName=$names" \
        -keyout "$STATE/tls.key" -out "$STATE/tls.crt" 2>/dev/null
    ssh-keygen -q -t ed25519 -N "" -C host -f "$STATE/ssh_host"
    ssh-keygen -q -t ed25519 -N "" -C "$ACCOUNT" -f "$STATE/ssh_client"
    chmod 600 "$STATE/tls.key"
    awk '{ print "*", $1, $2 }' "$STATE/ssh_host.pub" >"$STATE/known_hosts"
}

# web MACHINE PORT...: nginx; a port with an s speaks TLS. POST is answered with the SOAP envelope
# that a WS-Man Identify gets, GET with a file, ranges included.
web() {
    local machine=$1 folder=$STATE/$1 port
    shift
    mkdir -p "$folder/www" "$folder/nginx"
    head -c 6000 /dev/urandom >"$folder/www/payload.bin"
    echo "node_load1 0.21" >"$folder/www/metrics"
    {
        cat <<NGINX
daemon off;
master_process off;
user root;
pid $folder/nginx/pid;
error_log stderr;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $folder/nginx/body;
    proxy_temp_path $folder/nginx/proxy;
    fastcgi_temp_path $folder/nginx/fastcgi;
    uwsgi_temp_path $folder/nginx/uwsgi;
    scgi_temp_path $folder/nginx/scgi;
    ssl_certificate $STATE/tls.crt;
    ssl_certificate_key $STATE/tls.key;
    server {
NGINX
        for port in "$@"; do
            if [[ $port == *s ]]; then
                echo "listen ${port%s} ssl; listen [::]:${port%s} ssl;"
            else
                echo "listen $port; listen [::]:$port;"
            fi
        done
        cat <<NGINX
        root $folder/www;
        default_type application/octet-stream;
        location ~ ^/(wsman|sdk|service|ApiRemoting30)\$ {
            default_type application/soap+xml;
            return 200 '$(soap '<i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>')';
        }
    }
}
NGINX
    } >"$folder/nginx.conf"
    serve "$machine" nginx nginx -c "$folder/nginx.conf" -p "$folder/nginx" -e stderr
}

soap() {
    printf '%s' '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>' \
        "$1" '</s:Body></s:Envelope>'
}

# shell MACHINE PORT: OpenSSH. Its folder /run/sshd is compiled in, so the machine gets a /run of
# its own, which holds that folder and the lab's state.
shell() {
    local machine=$1 port=$2 folder=$STATE/$1
    mkdir -p "$folder/run/sshd" "$folder/run/${STATE##*/}"
    cat >"$folder/sshd_config" <<SSHD
Port $port
HostKey $STATE/ssh_host
AuthorizedKeysFile $STATE/ssh_client.pub
PidFile none
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
SSHD
    # shellcheck disable=SC2016 # the inner shell expands them
    serve "$machine" sshd sh -euc '
        mount --bind "$1" "$2/run/${1##*/}"
        mount --rbind "$2/run" /run
        exec /usr/sbin/sshd -D -e -f "$2/sshd_config"' sh "$STATE" "$folder"
}

standin() {
    local machine=$1 script=$2
    shift 2
    serve "$machine" "$script" /usr/bin/python3 -B "$LAB/$script" serve "$@"
}

# A baseboard controller: OpenIPMI's simulator.
controller() {
    local machine=$1 folder=$STATE/$1
    mkdir -p "$folder/ipmi"
    cat >"$folder/lan.conf" <<IPMI
name "$machine"
set_working_mc 0x20
  startlan 1
    addr 0.0.0.0 623
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  # What power on runs.
  chassis_control "/bin/true"
  user 2 true "$ACCOUNT" "$PASSWORD" admin 10 none md2 md5 straight
IPMI
    cat >"$folder/commands" <<'IPMI'
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
IPMI
    serve "$machine" ipmi_sim ipmi_sim -n -p -c "$folder/lan.conf" -f "$folder/commands" \
        -s "$folder/ipmi"
}

# The PXE server: dnsmasq gives pe01 its address and, from WDS's range of ports, its boot file.
network_boot() {
    local machine=$1 folder=$STATE/$1
    mkdir -p "$folder/tftp"
    head -c 1500 /dev/urandom >"$folder/tftp/wdsnbp.com"
    serve "$machine" dnsmasq dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root \
        --interface=eth0 --bind-interfaces --pid-file= --no-ping --no-resolv \
        --dhcp-leasefile="$folder/leases" --dhcp-range=10.20.6.0,static,255.255.0.0,1h \
        --dhcp-host="$(mac_of pe01),$(address_of pe01 4)" --dhcp-boot=wdsnbp.com \
        --enable-tftp --tftp-root="$folder/tftp" --tftp-port-range=64001,65000
}

services_up() {
    keys
    # The domain controller takes longest and is awaited only by who needs it.
    domain_up dc01 9<&- &
    echo $! >"$STATE/domain.pid"
    disown
    web vmm01 443s 8101s 8103
    standin vmm01 standin_nettcp.py 8100 8102
    shell vmm01 22
    web lib01 5985 443s
    files lib01
    rpc lib01
    shell lib01 80
    standin sql01 standin_tds.py 1433
    network_boot pxe01
    web wsus01 8530 8531s
    web hv07 5985 5986s 443s
    files hv07
    rpc hv07
    web hv08 5985 5986s 443s 9100
    files hv08
    web esx01 443s
    shell esx01 22
    web vc01 443s
    web bmc07 443s
    controller bmc07

    await vmm01 tcp 443 8101 8103 8100 8102 22
    await lib01 tcp 5985 443 445 135 80
    await sql01 tcp 1433
    await pxe01 udp 67 69
    await wsus01 tcp 8530 8531
    await hv07 tcp 5985 5986 443 445 135
    await hv08 tcp 5985 5986 443 445 9100
    await esx01 tcp 443 22
    await vc01 tcp 443
    await bmc07 tcp 443
    await bmc07 udp 623
}
