# shellcheck shell=bash
# How `stack` configures, starts and stops its RabbitMQ. Sourced by it, never run.

RABBITMQ_BIN=/usr/lib/rabbitmq/bin # The commands in /usr/sbin are wrappers that insist on the system's own folders.

# shellcheck disable=SC2034 # Read by run_as.
rabbitmq_environment() {
  local home=$DATA/rabbitmq
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
    RABBITMQ_NODENAME=needrecord@localhost # Names the data as well, so it must not contain the port.
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    RABBITMQ_NODE_PORT="$(port amqp)"
    RABBITMQ_DIST_PORT="$(port distribution)"
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    ERL_EPMD_PORT="$(port epmd)"
    ERL_EPMD_ADDRESS=127.0.0.1
  )
}

# Everything that was started for RabbitMQ carries its home in the environment, epmd included.
rabbitmq_processes() {
  local file
  while read -r file; do
    file=${file#/proc/}
    say "${file%/environ}"
  done < <(grep -lszxF "HOME=$DATA/rabbitmq" /proc/[0-9]*/environ)
}

is_rabbitmq_process() {
  grep -qszxF "HOME=$DATA/rabbitmq" "/proc/$1/environ"
}

rabbitmq_pid() {
  local pid
  pid=$(cat "$DATA/rabbitmq/rabbitmq.pid" 2>/dev/null) || return 3
  is_rabbitmq_process "$pid" || return 3
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

# The user, the virtual host and the permission come from a definitions file, which also keeps RabbitMQ from creating
# the user `guest`. rabbitmqctl would need 1.5 s of CPU for each of these.
configure_rabbitmq() {
  local home=$DATA/rabbitmq
  run_as rabbitmq mkdir -p "$home/conf.d" "$home/generated" "$home/log" "$home/mnesia"
  if [[ ! -f $home/.erlang.cookie ]]; then
    secret cookie | write_as rabbitmq "$home/.erlang.cookie"
    run_as rabbitmq chmod 400 "$home/.erlang.cookie" # Erlang refuses one that can be written.
  fi
  install_certificates rabbitmq
  say '[].' | write_as rabbitmq "$home/enabled_plugins"
  write_as rabbitmq "$home/rabbitmq.conf" <<END
listeners.tcp.default = 127.0.0.1:$(port amqp)
listeners.ssl.default = 127.0.0.1:$(port amqps)
ssl_options.cacertfile = $home/tls/authority.pem
ssl_options.certfile = $home/tls/server.pem
ssl_options.keyfile = $home/tls/server.key
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
load_definitions = $home/definitions.json
log.console = false
log.file.level = warning
log.file.rotation.size = 10485760
log.file.rotation.count = 2
END
  write_as rabbitmq "$home/definitions.json" <<END
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
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$(port amqp)" || exit
    printf 'AMQP\0\0\11\1' >&3
    timeout 2 head -c 1 <&3 | od -An -tu1
  )
  [[ ${first// /} == 1 ]]
}

start_rabbitmq() {
  local home=$DATA/rabbitmq server deadline
  if rabbitmq_pid >/dev/null && rabbitmq_answers; then return; fi
  stop_rabbitmq
  require_free amqp distribution epmd amqps
  make_home rabbitmq
  cd "$home"
  configure_rabbitmq
  # In a session of its own, so that a Ctrl-C in this terminal does not reach it.
  # shellcheck disable=SC2016 # For the inner shell.
  server=$(run_as rabbitmq sh -c 'setsid "$1" >"$2" 2>&1 </dev/null & echo $!' \
    sh "$RABBITMQ_BIN/rabbitmq-server" "$home/startup.log")
  deadline=$((SECONDS + 120))
  until rabbitmq_answers; do
    is_rabbitmq_process "$server" || return 1
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

stop_rabbitmq() {
  local pid
  if pid=$(rabbitmq_pid); then
    kill -TERM "$pid" # Orderly, the same as `rabbitmqctl stop`.
    wake rabbitmq
    wait_for_end rabbitmq
  fi
  end_leftovers rabbitmq # epmd outlives its node.
}
