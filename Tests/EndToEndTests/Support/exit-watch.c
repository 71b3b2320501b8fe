// Put before the C library (LD_PRELOAD), says on standard error when somebody asks to have OpenSSL cleaned up at the end of
// the process.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

int __cxa_atexit(void (*function)(void *), void *argument, void *library) {
  static const char mark[] = "OpenSSL ends with the process\n";
  int (*of_libc)(void (*)(void *), void *, void *) =
      (int (*)(void (*)(void *), void *, void *))dlsym(RTLD_NEXT, "__cxa_atexit");
  Dl_info symbol;
  if (dladdr((void *)function, &symbol) && symbol.dli_sname && !strcmp(symbol.dli_sname, "OPENSSL_cleanup")) {
    if (write(STDERR_FILENO, mark, sizeof mark - 1) == -1) _exit(1);
  }
  return of_libc(function, argument, library);
}
