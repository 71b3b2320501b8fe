# shellcheck shell=bash
# The stack of the tests, apart from the one for development. Sourced by the scripts that run tests.

export NEEDRECORD_STACK_DIR=$ROOT/.stack/test

stop_test_stack() {
  local status=$?
  trap '' INT TERM
  trap - EXIT
  # What failed may want to be looked at: databases, queues and logs stay then.
  if ((status == 0)); then deploy/local/stack destroy; else deploy/local/stack down; fi
  exit "$status"
}

start_test_stack() {
  local environment
  deploy/local/stack up
  environment=$(deploy/local/stack env)
  eval "$environment"
}

# The nodes of RabbitMQ and the PostgreSQL with a standby, beside the stack that was started before.
start_test_cluster() {
  local environment
  deploy/local/stack up-cluster
  environment=$(deploy/local/stack env)
  eval "$environment"
}

# with_test_stack COMMAND...: runs it, and stops the stack at the end in any case. One at a time; the redirection keeps
# the lock from being inherited by what is started.
with_test_stack() {
  mkdir -p "$NEEDRECORD_STACK_DIR"
  exec 8>>"$NEEDRECORD_STACK_DIR/in-use"
  flock -n 8 || fail "other tests are running in this checkout"
  trap stop_test_stack EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$@" 8>&-
}
