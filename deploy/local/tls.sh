# shellcheck shell=bash
# The certificates of the local servers, for `localhost` alone, from an authority that is made with them. Sourced by
# `stack`, never run. RabbitMQ has a listener for TLS; PostgreSQL has certificates and `ssl = off`, which a test turns on.

TLS_DAYS=3650

# make_authority NAME
make_authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days "$TLS_DAYS" -subj "/CN=needrecord $1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
    -keyout "$STACK_DIR/tls.new/$1.key" -out "$STACK_DIR/tls.new/$1.pem"
}

# Made once. The stranger is an authority that has signed nothing here.
make_certificates() {
  if [[ -d $STACK_DIR/tls ]]; then return; fi
  rm -rf "$STACK_DIR/tls.new"
  mkdir -m 755 "$STACK_DIR/tls.new"
  (
    umask 077
    make_authority authority
    make_authority stranger
    openssl req -newkey rsa:2048 -nodes -sha256 -subj /CN=localhost \
      -keyout "$STACK_DIR/tls.new/server.key" -out "$STACK_DIR/tls.new/server.csr"
    openssl x509 -req -sha256 -days "$TLS_DAYS" -in "$STACK_DIR/tls.new/server.csr" \
      -CA "$STACK_DIR/tls.new/authority.pem" -CAkey "$STACK_DIR/tls.new/authority.key" -CAcreateserial \
      -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') \
      -out "$STACK_DIR/tls.new/server.pem"
    chmod 644 "$STACK_DIR"/tls.new/*.pem
  ) 2>/dev/null
  mv "$STACK_DIR/tls.new" "$STACK_DIR/tls"
}

# install_certificates SERVICE: gives the service copies of its own, which it insists on.
install_certificates() {
  local file
  run_as "$1" mkdir -p "$DATA/$1/tls"
  for file in authority.pem server.pem server.key; do
    write_as "$1" "$DATA/$1/tls/$file" <"$STACK_DIR/tls/$file"
  done
}
