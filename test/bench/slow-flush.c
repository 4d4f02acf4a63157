/* Preloaded, it makes each flush take FLUSH_US longer: a stand-in for a disk that honours what this one may not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*flush_fn)(int);

static int slowly(flush_fn flush, int fd) {
  int result = flush(fd);
  const char *us = getenv("FLUSH_US");
  if (us) usleep((useconds_t)atoi(us));
  return result;
}

int fsync(int fd) {
  static flush_fn real;
  if (!real) real = (flush_fn)dlsym(RTLD_NEXT, "fsync");
  return slowly(real, fd);
}

int fdatasync(int fd) {
  static flush_fn real;
  if (!real) real = (flush_fn)dlsym(RTLD_NEXT, "fdatasync");
  return slowly(real, fd);
}
