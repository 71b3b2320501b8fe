#ifndef NEEDRECORD_CLINUX_SHIM_H
#define NEEDRECORD_CLINUX_SHIM_H

// What Glibc's own Swift module leaves out.
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// prctl is variadic, and EFD_* are enumerators of an anonymous enum with another type than eventfd's flags.
static inline int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// At most 15 bytes of the name are kept by the kernel.
static inline int clinux_name_this_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// Comes with libpq and librabbitmq where they speak TLS; null where they do not.
extern int OPENSSL_init_crypto(uint64_t options, const void *settings) __attribute__((weak));

// OPENSSL_INIT_NO_ATEXIT of <openssl/crypto.h>, before anything else calls into OpenSSL.
static inline void clinux_keep_openssl_at_exit(void) {
    if (OPENSSL_init_crypto) OPENSSL_init_crypto(0x00080000, 0);
}

#endif
