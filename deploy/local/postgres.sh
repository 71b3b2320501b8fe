# shellcheck shell=bash
# How `stack` creates, starts and stops its PostgreSQL. Sourced by it, never run.

postgres_bin() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  say "$newest"
}

# shellcheck disable=SC2034 # Read by run_as.
postgres_environment() {
  environment=(HOME="$DATA/postgres" PATH=/usr/bin:/bin LANG=C.UTF-8)
}

# Every process of a PostgreSQL server works in its data folder. A zombie has no folder any more.
postgres_processes() {
  local process
  for process in /proc/[0-9]*; do
    if [[ $process/cwd -ef $DATA/postgres/data ]] && grep -qsxF postgres "$process/comm"; then
      say "${process#/proc/}"
    fi
  done
}

postgres_pid() {
  local pid
  pid=$(sed 1q "$DATA/postgres/data/postmaster.pid" 2>/dev/null) || return 3
  [[ /proc/$pid/cwd -ef $DATA/postgres/data ]] || return 3
  say "$pid"
}

create_postgres() {
  local home=$DATA/postgres bin=$1
  secret superuser | write_as postgres "$home/superuser-password"
  # Under another name until it is complete: an interrupted initdb must not look like a database.
  run_as postgres rm -rf "$home/data.new"
  run_as postgres "$bin/initdb" --pgdata="$home/data.new" --username=postgres --pwfile="$home/superuser-password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync 2>&1 | write_as postgres "$home/initdb.log"
  run_as postgres rm "$home/superuser-password" "$home/initdb.log"
  say "include 'needrecord.conf'" | run_as postgres tee -a "$home/data.new/postgresql.conf" >/dev/null
  run_as postgres mv "$home/data.new" "$home/data"
}

start_postgres() {
  local home=$DATA/postgres bin
  if ! postgres_pid >/dev/null; then
    bin=$(postgres_bin)
    end_leftovers postgres
    require_free postgres
    make_home postgres
    cd "$home"
    if [[ ! -d $home/data ]]; then create_postgres "$bin"; fi
    install_certificates postgres
    # No Unix socket: its path could be longer than the 107 bytes that the kernel allows.
    write_as postgres "$home/data/needrecord.conf" <<END
listen_addresses = '127.0.0.1'
port = $(port postgres)
unix_socket_directories = ''
max_connections = 200
ssl_ca_file = '$home/tls/authority.pem'
ssl_cert_file = '$home/tls/server.pem'
ssl_key_file = '$home/tls/server.key'
END
    # After a crash the process id in it may be a stranger's, or a zombie's, and PostgreSQL would refuse to start.
    run_as postgres rm -f "$home/data/postmaster.pid"
    if [[ -f $home/server.log ]]; then run_as postgres mv "$home/server.log" "$home/server.log.1"; fi
    run_as postgres "$bin/pg_ctl" start --pgdata="$home/data" --log="$home/server.log" --wait --timeout=60 \
      >/dev/null 2>&1
  fi
  NEEDRECORD_OWNER_PASSWORD=$(secret owner) NEEDRECORD_APP_PASSWORD=$(secret app) \
    superuser_psql -d postgres -X -q -f "$ROOT/deploy/local/roles.sql" >/dev/null
}

stop_postgres() {
  local pid
  if pid=$(postgres_pid); then
    kill -INT "$pid" # "Fast": ends the sessions, then makes a checkpoint.
    wake postgres
    wait_for_end postgres
  fi
  end_leftovers postgres
}

superuser_psql() {
  PGHOST=127.0.0.1 PGPORT=$(port postgres) PGUSER=postgres PGPASSWORD=$(secret superuser) PGDATABASE=needrecord \
    "$(postgres_bin)/psql" "$@"
}
