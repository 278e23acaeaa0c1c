# shellcheck shell=bash
# The Debian packages that the lab is made of.

packages() {
    cat <<'PACKAGES'
bind9-dnsutils
busybox
curl
dnsmasq-base
ethtool
iproute2
ipmitool
iputils-ping
krb5-user
ldap-utils
libsasl2-modules-gssapi-mit
nftables
nginx-light
openipmi
openssh-client
openssh-server
openssh-sftp-server
openssl
procps
python3
samba
samba-ad-dc
samba-ad-provision
samba-dsdb-modules
samba-vfs-modules
smbclient
tcpdump
util-linux
PACKAGES
}

# Installs what is missing. Debian starts servers as they are installed; here they must not start,
# because the lab starts its own inside its namespaces.
install_packages() {
    local missing=() package policy=/usr/sbin/policy-rc.d
    for package in $(packages); do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if [[ ! -e $policy ]]; then
        # shellcheck disable=SC2064 # the path is fixed now
        trap "rm -f $policy" EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
    fi
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
