# shellcheck shell=bash
# Recordings of the switch, which sees what all machines send, once.

# Nothing of the machines' own link-local chatter, which no site has addresses for.
readonly OF_THE_SITE="arp or net 10.20.0.0/16 or net 198.51.100.0/24 or net 2001:db8::/32 or udp port 67"

# record OPERATION VARIANT FILE
record() {
    local operation=${1-} variant=${2-} file=${3-}
    [[ -n $file ]] || fault "lab record OPERATION VARIANT FILE"
    case $operation in add-host | bare-metal) await_domain ;; esac
    record_while "$file" run "$operation" "$variant"
}

# A host that cannot be added, the exception put in, and the host added.
mend() {
    firewall hv07 drop tcp 5985
    run add-host
    firewall hv07 clear
    run add-host
}

# record_while FILE COMMAND...
record_while() {
    local file=$1 log=$STATE/tcpdump.log recorder
    shift
    : >"$log"
    # shellcheck disable=SC2086 # the filter is several words
    (
        exec 9<&-
        exec ip netns exec "$SWITCH" tcpdump -i br0 -n -s 0 --immediate-mode -U \
            --time-stamp-precision=nano -Z root -w "$file" $OF_THE_SITE 2>>"$log"
    ) &
    recorder=$!
    for _ in {1..50}; do
        if grep -q "listening on" "$log" 2>/dev/null; then break; fi
        sleep 0.1
    done
    grep -q "listening on" "$log" || fault "tcpdump does not record; see $log"
    "$@"
    # The last answers and the ends of the connections.
    sleep 1
    kill -INT "$recorder"
    wait "$recorder" || fault "tcpdump failed; see $log"
    grep -q "^0 packets dropped by kernel" "$log" || fault "tcpdump lost packets; see $log"
}

# scenario OPERATION VARIANT: the folder's name.
scenario() {
    case $1-$2 in
    # The name that README.md has made known.
    add-host-blocked) echo add-host-winrm-blocked ;;
    *) echo "$1-$2" ;;
    esac
}

# record_scenarios FOLDER
record_scenarios() {
    local folder=${1-} operation variant into
    [[ -n $folder ]] || fault "lab record-scenarios FOLDER"
    for operation in $OPERATIONS; do
        for variant in $VARIANTS; do
            into=$folder/$(scenario "$operation" "$variant")
            mkdir -p "$into"
            echo "# ${into##*/}"
            record "$operation" "$variant" "$into/capture.pcap"
            cp "$LAB/vmmtap.toml" "$into/vmmtap.toml"
        done
    done
    mkdir -p "$folder/add-host-mended"
    await_domain
    record_while "$folder/add-host-mended/capture.pcap" mend
    cp "$LAB/vmmtap.toml" "$folder/add-host-mended/vmmtap.toml"
}
