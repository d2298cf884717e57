# free_port.sh, to be sourced: free_port prints a loopback port nobody listens on, below those that the
# kernel gives to outgoing connections.
free_port() {
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
