// Loaded into a program by LD_PRELOAD (slow-disk.mjs). Each write to a file takes SLOW_DISK nanoseconds a byte longer, and as
// it ends, the program leaves its /proc/self/status, with the peak of its memory, in the file that STATUS_AT_END names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
  ssize_t written = real(file, bytes, length, offset);
  const char *slow = getenv("SLOW_DISK");
  if (written > 0 && slow) {
    long long nanoseconds = atoll(slow) * written;
    struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    nanosleep(&time, NULL);
  }
  return written;
}

__attribute__((destructor)) static void leave(void) {
  char status[8192];
  int from = open("/proc/self/status", O_RDONLY), to = open(getenv("STATUS_AT_END"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ssize_t length = read(from, status, sizeof status);
  if (length > 0) length = write(to, status, length);
}
