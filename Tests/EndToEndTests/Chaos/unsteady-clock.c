// Put before the C library (LD_PRELOAD), makes the civil clock of one process show another time, and leaves its
// monotonic clocks alone. The difference in seconds is in a file that the process maps, so it holds from the next call on.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*clock_gettime_of_libc)(clockid_t, struct timespec *);
static const volatile int64_t *difference;

__attribute__((constructor)) static void prepare(void) {
  const char *path = getenv("UNSTEADY_CLOCK_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  clock_gettime_of_libc = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  if (file == -1 || !clock_gettime_of_libc) abort();
  void *page = mmap(NULL, sizeof *difference, PROT_READ, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) abort();
  difference = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!clock_gettime_of_libc) prepare();
  int result = clock_gettime_of_libc(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *difference;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}
