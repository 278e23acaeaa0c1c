# shellcheck shell=bash
# Samba three times: files on 445 and 139, RPC on 135 and dynamic ports, and the domain controller.

# Samba's folders, all of them, below the machine's state.
samba_folders() {
    local folder=$1 name
    mkdir -p "$folder"/{lock,state,cache,private,pid,ncalrpc,sockets}
    for name in lock state cache; do echo "$name directory = $folder/$name"; done
    echo "private dir = $folder/private"
    echo "pid directory = $folder/pid"
    echo "ncalrpc dir = $folder/ncalrpc"
    echo "winbindd socket directory = $folder/sockets"
    echo "ntp signd socket directory = $folder/sockets"
    echo "usershare path ="
}

# files MACHINE: a Windows host's shares, as far as VMM uses them.
files() {
    local machine=$1 folder=$STATE/$1/samba
    mkdir -p "$folder/share"
    chown "$ACCOUNT_ID" "$folder/share"
    {
        echo "[global]"
        samba_folders "$folder"
        cat <<SAMBA
server role = standalone server
workgroup = CONTOSO
netbios name = $machine
smb ports = 445 139
rpc start on demand helpers = no
load printers = no
printcap name = /dev/null
disable spoolss = yes
[ADMIN\$]
path = $folder/share
writable = yes
valid users = $ACCOUNT
[MSSCVMMLibrary]
path = $folder/share
valid users = $ACCOUNT
SAMBA
    } >"$folder/smb.conf"
    printf '%s\n%s\n' "$PASSWORD" "$PASSWORD" |
        inside "$machine" smbpasswd -c "$folder/smb.conf" -a -s "$ACCOUNT" >"$folder/passwd.log"
    serve "$machine" smbd smbd -F --no-process-group -s "$folder/smb.conf"
}

# rpc MACHINE: the endpoint mapper and the services it names, on the machine of `files`.
rpc() {
    serve "$1" dcerpcd /usr/libexec/samba/samba-dcerpcd -F --no-process-group \
        -s "$STATE/$1/samba/smb.conf" --libexec-rpcds
}

# domain_up MACHINE: a new domain every time; it takes about 10 s of one core.
domain_up() {
    local machine=$1 folder=$STATE/$1 options=()
    local domain=$folder/domain
    mkdir -p "$domain"
    # shellcheck disable=SC2064 # the folder is known now
    trap "[[ -e $folder/ready ]] || touch $folder/failed; rm -f $STATE/domain.pid" EXIT
    mapfile -t options < <(samba_folders "$domain" | sed 's/^/--option=/')
    {
        inside "$machine" samba-tool domain provision --realm=CONTOSO.TEST --domain=CONTOSO \
            --server-role=dc --dns-backend=SAMBA_INTERNAL --adminpass="$PASSWORD" \
            --host-name="$machine" --host-ip="$(address_of "$machine" 4)" \
            --host-ip6="$(address_of "$machine" 6)" --targetdir="$domain" \
            --backend-store-size=256Mb "${options[@]}"
        serve "$machine" samba samba -i -M prefork --debug-stdout -s "$domain/etc/smb.conf" \
            --option="server services=rpc, ldap, cldap, kdc, dns" --option="dns forwarder=" \
            "${options[@]}"
        await "$machine" tcp 53 88 135 389
        await "$machine" udp 53 88
        inside "$machine" samba-tool user create "$ACCOUNT" "$PASSWORD" \
            -H "$domain/private/sam.ldb" \
            -s "$domain/etc/smb.conf" "${options[@]}"
        # The service that would register this name with the directory is not run.
        inside "$machine" samba-tool spn add "ldap/$machine.contoso.test" "$machine\$" \
            -H "$domain/private/sam.ldb" -s "$domain/etc/smb.conf" "${options[@]}"
    } </dev/null >"$folder/provision.log" 2>&1
    touch "$folder/ready"
}

# At most 3 minutes: on a busy machine a new domain takes one.
await_domain() {
    local folder=$STATE/dc01
    for _ in {1..1800}; do
        if [[ -e $folder/ready ]]; then return; fi
        if [[ -e $folder/failed ]]; then break; fi
        sleep 0.1
    done
    fault "the domain controller did not come up; see $folder/provision.log"
}
