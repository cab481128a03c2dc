// System calls of code that runs on another process's memory between clone and exec: no errno, no
// sanitizer, nothing of glibc.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// The child runs on the parent's memory: no shadow memory, no reports, no counters of its own.
#define SUPERVISOR_NO_SANITIZE __attribute__((no_sanitize("address", "undefined", "thread")))

namespace supervisord::keeper {

// The child runs beside its parent and on its memory, so on its errno too: a system call that goes
// past it, and answers -errno. Where it is not written down for the machine, the parent stands
// still until the exec instead.
#if defined(__x86_64__)
inline constexpr bool runs_beside = true;
SUPERVISOR_NO_SANITIZE inline long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                       long e = 0) {
  long result = number;
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
inline constexpr bool runs_beside = true;
SUPERVISOR_NO_SANITIZE inline long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                       long e = 0) {
  register long which asm("x8") = number;
  register long result asm("x0") = a;
  register long second asm("x1") = b;
  register long third asm("x2") = c;
  register long fourth asm("x3") = d;
  register long fifth asm("x4") = e;
  asm volatile("svc 0"
               : "+r"(result)
               : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
               : "memory");
  return result;
}
#else
inline constexpr bool runs_beside = false;
SUPERVISOR_NO_SANITIZE inline long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                       long e = 0) {
  const long result = ::syscall(number, a, b, c, d, e);
  return result < 0 ? -errno : result;
}
#endif

}  // namespace supervisord::keeper
