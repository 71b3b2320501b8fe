#ifndef NEEDRECORD_CLIBRABBITMQ_SHIM_H
#define NEEDRECORD_CLIBRABBITMQ_SHIM_H

#include <stdbool.h>
#include <stdint.h>
// Before amqp.h: it only forward-declares struct timeval, and Swift would see an opaque pointer.
#include <sys/time.h>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

// amqp_login_with_properties is variadic in what the SASL mechanism needs.
static inline amqp_rpc_reply_t clibrabbitmq_login_plain(
    amqp_connection_state_t state, const char *virtual_host, int channel_max, int frame_max, int heartbeat,
    const amqp_table_t *client_properties, const char *user, const char *password) {
  return amqp_login_with_properties(state, virtual_host, channel_max, frame_max, heartbeat, client_properties,
                                    AMQP_SASL_METHOD_PLAIN, user, password);
}

// The level and the names of TCP options are partly enumerators, and setsockopt takes an untyped pointer.
static inline int clibrabbitmq_set_tcp_cork(int socket, int on) {
  return setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static inline int clibrabbitmq_set_tcp_user_timeout(int socket, unsigned int milliseconds) {
  return setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static inline bool clibrabbitmq_is_writable(int socket) {
  struct pollfd descriptor = {.fd = socket, .events = POLLOUT};
  return poll(&descriptor, 1, 0) == 1;
}

#endif
