# shellcheck shell=bash
# How `stack` configures, starts and stops its RabbitMQ servers: the single one (the service `rabbitmq`) and the nodes of
# the cluster (rabbitmq-1 to rabbitmq-3). The functions take the name of the service. Sourced by it, never run.

RABBITMQ_BIN=/usr/lib/rabbitmq/bin # The commands in /usr/sbin are wrappers that insist on the system's own folders.

# Seconds. Erlang takes a node for gone after three to five quarters of it.
RABBITMQ_TICK_TIME=4

RABBITMQ_NODES=(rabbitmq-1 rabbitmq-2 rabbitmq-3)

# The nodes of the cluster find each other by one epmd, which must outlive each of them, so it has a home of its own.
RABBITMQ_EPMD=rabbitmq-epmd

rabbitmq_node_name() {
  say "needrecord${1#rabbitmq}@localhost" # Names the data as well, so it must not contain the port.
}

# The port of a server's epmd.
epmd_port() {
  if [[ $1 == rabbitmq ]]; then port epmd; else port epmd-cluster; fi
}

# shellcheck disable=SC2034 # Read by run_as.
rabbitmq_environment() {
  local home=$DATA/$1 number=${1#rabbitmq}
  environment=(
    HOME="$home" # With the Erlang cookie.
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    LANG=C.UTF-8
    # Otherwise /etc/rabbitmq would be read.
    RABBITMQ_CONF_ENV_FILE=/dev/null
    RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf"
    RABBITMQ_CONFIG_FILES="$home/conf.d"
    RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced.config"
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins"
    RABBITMQ_GENERATED_CONFIG_DIR="$home/generated"
    RABBITMQ_MNESIA_BASE="$home/mnesia"
    RABBITMQ_LOG_BASE="$home/log"
    RABBITMQ_PID_FILE="$home/rabbitmq.pid"
    RABBITMQ_NODENAME="$(rabbitmq_node_name "$1")"
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    RABBITMQ_NODE_PORT="$(port "amqp$number")"
    RABBITMQ_DIST_PORT="$(port "distribution$number")"
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    ERL_EPMD_PORT="$(epmd_port "$1")"
    ERL_EPMD_ADDRESS=127.0.0.1
  )
}

# Everything that was started for a server carries its home in the environment, the single server's epmd included.
rabbitmq_processes() {
  local file
  while read -r file; do
    file=${file#/proc/}
    say "${file%/environ}"
  done < <(grep -lszxF "HOME=$DATA/$1" /proc/[0-9]*/environ)
}

# is_rabbitmq_process SERVICE PID
is_rabbitmq_process() {
  grep -qszxF "HOME=$DATA/$1" "/proc/$2/environ"
}

# is_alive PID: and not merely unburied.
is_alive() {
  grep -qs '^State:[[:space:]][^ZX]' "/proc/$1/status"
}

rabbitmq_pid() {
  local pid
  pid=$(cat "$DATA/$1/rabbitmq.pid" 2>/dev/null) || return 3
  is_rabbitmq_process "$1" "$pid" || return 3
  say "$pid"
}

# RabbitMQ keeps base64(salt + sha256(salt + password)), with four bytes of salt.
amqp_password_hash() {
  local salt digest i
  salt=$(secret salt)
  salt=${salt:0:4}
  digest=$(printf '%s%s' "$salt" "$(secret amqp)" | sha256sum | cut -c 1-64)
  {
    printf '%s' "$salt"
    for ((i = 0; i < 64; i += 2)); do printf '%b' "\\x${digest:i:2}"; done
  } | base64 -w 0
}

# What only the single server has.
rabbitmq_tls_settings() {
  local home=$DATA/$1
  cat <<END
listeners.ssl.default = 127.0.0.1:$(port amqps)
ssl_options.cacertfile = $home/tls/authority.pem
ssl_options.certfile = $home/tls/server.pem
ssl_options.keyfile = $home/tls/server.key
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
END
}

# What only the nodes of the cluster have.
rabbitmq_cluster_settings() {
  local node number=0
  say 'cluster_partition_handling = pause_minority'
  say 'cluster_formation.peer_discovery_backend = classic_config'
  for node in "${RABBITMQ_NODES[@]}"; do
    say "cluster_formation.classic_config.nodes.$((++number)) = $(rabbitmq_node_name "$node")"
  done
}

# The user, the virtual host and the permission come from a definitions file, which also keeps RabbitMQ from creating
# the user `guest`. rabbitmqctl would need 1.5 s of CPU for each of these.
configure_rabbitmq() {
  local service=$1 home=$DATA/$1 settings
  run_as "$service" mkdir -p "$home/conf.d" "$home/generated" "$home/log" "$home/mnesia"
  if [[ ! -f $home/.erlang.cookie ]]; then
    secret cookie | write_as "$service" "$home/.erlang.cookie"
    run_as "$service" chmod 400 "$home/.erlang.cookie" # Erlang refuses one that can be written.
  fi
  if [[ $service == rabbitmq ]]; then
    install_certificates "$service"
    settings=$(rabbitmq_tls_settings "$service")
  else
    settings=$(rabbitmq_cluster_settings)
    # How long a node may be silent before the others go on without it, and until then nothing can be declared. The
    # default of 60 s is far beyond what an answer may take.
    say "[{kernel, [{net_ticktime, $RABBITMQ_TICK_TIME}]}]." | write_as "$service" "$home/advanced.config"
  fi
  say '[].' | write_as "$service" "$home/enabled_plugins"
  write_as "$service" "$home/rabbitmq.conf" <<END
listeners.tcp.default = 127.0.0.1:$(port "amqp${service#rabbitmq}")
$settings
load_definitions = $home/definitions.json
log.console = false
log.file.level = warning
log.file.rotation.size = 10485760
log.file.rotation.count = 2
END
  write_as "$service" "$home/definitions.json" <<END
{
  "vhosts": [{"name": "needrecord"}],
  "users": [{
    "name": "needrecord",
    "password_hash": "$(amqp_password_hash)",
    "hashing_algorithm": "rabbit_password_hashing_sha256",
    "tags": []
  }],
  "permissions": [{"user": "needrecord", "vhost": "needrecord", "configure": ".*", "write": ".*", "read": ".*"}]
}
END
}

# Whether the broker answers the AMQP protocol header with a method frame. Costs nothing, unlike a rabbitmqctl.
rabbitmq_answers() {
  local first
  first=$(
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$(port "amqp${1#rabbitmq}")" || exit
    printf 'AMQP\0\0\11\1' >&3
    timeout 2 head -c 1 <&3 | od -An -tu1
  )
  [[ ${first// /} == 1 ]]
}

start_epmd() {
  make_home "$RABBITMQ_EPMD"
  # Does nothing when it runs.
  run_as "$RABBITMQ_EPMD" epmd -daemon
}

rabbitmq_start() {
  local service=$1 home=$DATA/$1 server deadline
  if rabbitmq_pid "$service" >/dev/null && rabbitmq_answers "$service"; then return; fi
  rabbitmq_stop "$service"
  require_free "amqp${service#rabbitmq}" "distribution${service#rabbitmq}"
  if [[ $service == rabbitmq ]]; then require_free epmd amqps; else start_epmd; fi
  make_home "$service"
  cd "$home"
  configure_rabbitmq "$service"
  # In a session of its own, so that a Ctrl-C in this terminal does not reach it.
  # shellcheck disable=SC2016 # For the inner shell.
  server=$(run_as "$service" sh -c 'setsid "$1" >"$2" 2>&1 </dev/null & echo $!' \
    sh "$RABBITMQ_BIN/rabbitmq-server" "$home/startup.log")
  deadline=$((SECONDS + 120))
  until rabbitmq_answers "$service"; do
    # Not its environment, which is empty for a moment where one program takes the place of another.
    is_alive "$server" || return 1
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

rabbitmq_stop() {
  local pid
  if pid=$(rabbitmq_pid "$1"); then
    kill -TERM "$pid" # Orderly, the same as `rabbitmqctl stop`.
    wake "$1"
    wait_for_end "$1"
  fi
  end_leftovers "$1" # The single server's epmd outlives it.
}

rabbitmqctl_of() {
  cd /
  run_as "$1" "$RABBITMQ_BIN/rabbitmqctl" -q "${@:2}"
}
