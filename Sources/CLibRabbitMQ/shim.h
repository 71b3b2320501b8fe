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

// amqp_basic_publish, but without its own look at the heartbeat: once the broker's is overdue, version 0.11 waits there
// for the broker without a limit, and a broker that stands still would never be noticed. Reading notices it.
static inline int clibrabbitmq_publish(amqp_connection_state_t state, amqp_channel_t channel, amqp_bytes_t exchange,
                                       amqp_bytes_t routing_key, bool mandatory,
                                       amqp_basic_properties_t *properties, amqp_bytes_t body) {
  amqp_basic_publish_t method = {.exchange = exchange, .routing_key = routing_key, .mandatory = mandatory};
  int status = amqp_send_method(state, channel, AMQP_BASIC_PUBLISH_METHOD, &method);
  if (status < 0) return status;

  amqp_frame_t header = {.frame_type = AMQP_FRAME_HEADER, .channel = channel};
  header.payload.properties.class_id = AMQP_BASIC_CLASS;
  header.payload.properties.body_size = body.len;
  header.payload.properties.decoded = properties;
  status = amqp_send_frame(state, &header);

  // Beside its payload, a frame has seven bytes in front and one at the end.
  size_t most = (size_t)amqp_get_frame_max(state) - 8;
  for (size_t sent = 0; status == AMQP_STATUS_OK && sent < body.len;) {
    size_t length = body.len - sent < most ? body.len - sent : most;
    amqp_frame_t part = {.frame_type = AMQP_FRAME_BODY, .channel = channel};
    part.payload.body_fragment.len = length;
    part.payload.body_fragment.bytes = (char *)body.bytes + sent;
    status = amqp_send_frame(state, &part);
    sent += length;
  }
  return status;
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
