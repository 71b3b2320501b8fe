# shellcheck shell=bash
# How `stack` creates, starts and stops its PostgreSQL servers: the single one (the service `postgres`), and a primary
# with a streaming standby (postgres-primary, postgres-standby). The functions take the name of the service; it names
# the port as well. Sourced by it, never run.

postgres_bin() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  say "$newest"
}

# shellcheck disable=SC2034 # Read by run_as.
postgres_environment() {
  environment=(HOME="$DATA/$1" PATH=/usr/bin:/bin LANG=C.UTF-8)
}

# Every process of a PostgreSQL server works in its data folder. A zombie has no folder any more.
postgres_processes() {
  local process
  for process in /proc/[0-9]*; do
    if [[ $process/cwd -ef $DATA/$1/data ]] && grep -qsxF postgres "$process/comm"; then
      say "${process#/proc/}"
    fi
  done
}

postgres_pid() {
  local pid
  pid=$(sed 1q "$DATA/$1/data/postmaster.pid" 2>/dev/null) || return 3
  [[ /proc/$pid/cwd -ef $DATA/$1/data ]] || return 3
  say "$pid"
}

# Under another name until it is complete: an interrupted initdb or copy must not look like a database.
create_postgres() {
  local service=$1 home=$DATA/$1 bin
  bin=$(postgres_bin)
  run_as "$service" rm -rf "$home/data.new"
  if [[ $service == postgres-standby ]]; then
    copy_primary "$home/data.new"
  else
    secret superuser | write_as "$service" "$home/superuser-password"
    run_as "$service" "$bin/initdb" --pgdata="$home/data.new" --username=postgres \
      --pwfile="$home/superuser-password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync 2>&1 |
      write_as "$service" "$home/initdb.log"
    run_as "$service" rm "$home/superuser-password" "$home/initdb.log"
    say "include 'needrecord.conf'" | run_as "$service" tee -a "$home/data.new/postgresql.conf" >/dev/null
  fi
  run_as "$service" mv "$home/data.new" "$home/data"
}

# How the standby reaches the primary. The name is what the primary waits for.
primary_connection() {
  say "host=127.0.0.1 port=$(port postgres-primary) user=postgres password=$(secret superuser) application_name=standby"
}

# Waits for the primary, which may be on its start, and makes a standby of it in folder $1.
copy_primary() {
  local bin deadline=$((SECONDS + 60))
  bin=$(postgres_bin)
  until "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$(port postgres-primary)"; do
    ((SECONDS < deadline)) || fail "the standby needs postgres-primary"
    sleep 0.1
  done
  run_as postgres-standby "$bin/pg_basebackup" --pgdata="$1" --dbname="$(primary_connection)" --checkpoint=fast --no-sync
  run_as postgres-standby touch "$1/standby.signal"
}

# What one of the pair has and no other server. A commit waits until the standby has it, so nothing that was committed
# is lost when the standby takes over; the standby, once it is the primary, has nobody to wait for.
replication_settings() {
  case $1 in
    postgres-primary) say "synchronous_standby_names = 'standby'" ;;
    postgres-standby) say "primary_conninfo = '$(primary_connection)'" ;;
  esac
}

postgres_start() {
  local service=$1 home=$DATA/$1
  if ! postgres_pid "$service" >/dev/null; then
    end_leftovers "$service"
    require_free "$service"
    make_home "$service"
    cd "$home"
    if [[ $service == postgres-standby && ! -f $home/data/standby.signal ]]; then
      run_as "$service" rm -rf "$home/data" # It was promoted, and has parted from the primary.
    fi
    if [[ ! -d $home/data ]]; then create_postgres "$service"; fi
    install_certificates "$service"
    configure_postgres "$service"
    # After a crash the process id in it may be a stranger's, or a zombie's, and PostgreSQL would refuse to start.
    run_as "$service" rm -f "$home/data/postmaster.pid"
    if [[ -f $home/server.log ]]; then run_as "$service" mv "$home/server.log" "$home/server.log.1"; fi
    run_as "$service" "$(postgres_bin)/pg_ctl" start --pgdata="$home/data" --log="$home/server.log" --wait \
      --timeout=60 >/dev/null 2>&1
  fi
  if [[ $service == postgres-standby ]]; then return; fi
  # The standby may come later, and the roles with it.
  NEEDRECORD_OWNER_PASSWORD=$(secret owner) NEEDRECORD_APP_PASSWORD=$(secret app) \
    PGOPTIONS='-c synchronous_commit=local' \
    psql_of "$service" -d postgres -X -q -f "$ROOT/deploy/local/roles.sql" >/dev/null
}

configure_postgres() {
  local service=$1 home=$DATA/$1
  # No Unix socket: its path could be longer than the 107 bytes that the kernel allows.
  write_as "$service" "$home/data/needrecord.conf" <<END
listen_addresses = '127.0.0.1'
port = $(port "$service")
unix_socket_directories = ''
max_connections = 200
ssl_ca_file = '$home/tls/authority.pem'
ssl_cert_file = '$home/tls/server.pem'
ssl_key_file = '$home/tls/server.key'
$(replication_settings "$service")
END
}

postgres_stop() {
  local pid
  if pid=$(postgres_pid "$1"); then
    kill -INT "$pid" # "Fast": ends the sessions, then makes a checkpoint.
    wake "$1"
    wait_for_end "$1"
  fi
  end_leftovers "$1"
}

# Returns when the standby takes writes.
promote_standby() {
  run_as postgres-standby "$(postgres_bin)/pg_ctl" promote --pgdata="$DATA/postgres-standby/data" --wait --silent
}

# psql_of SERVICE ARGUMENT...: as the superuser.
psql_of() {
  PGHOST=127.0.0.1 PGPORT=$(port "$1") PGUSER=postgres PGPASSWORD=$(secret superuser) PGDATABASE=needrecord \
    "$(postgres_bin)/psql" "${@:2}"
}
