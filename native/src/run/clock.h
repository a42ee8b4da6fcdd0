/* The one clock of the measurement: CLOCK_MONOTONIC in nanoseconds. */

#ifndef PL_CLOCK_H
#define PL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
pl_clock_ns( void ) {
  struct timespec ts;
  clock_gettime( CLOCK_MONOTONIC, &ts );
  return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

static inline uint64_t
pl_clock_wall_ns( void ) {
  struct timespec ts;
  clock_gettime( CLOCK_REALTIME, &ts );
  return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

/* What is added to pl_clock_ns for the wall clock of now, to half a microsecond
   unless the thread is interrupted at each of a few tries. */
static inline uint64_t
pl_clock_wall_base( void ) {
  uint64_t best = UINT64_MAX, base = 0UL;
  for( int i = 0; i < 8 && best > 1000UL; i++ ) {
    uint64_t before = pl_clock_ns();
    uint64_t wall   = pl_clock_wall_ns();
    uint64_t took   = pl_clock_ns() - before;
    if( took >= best ) continue;
    best = took;
    base = wall - before - took / 2UL;
  }
  return base;
}

#endif /* PL_CLOCK_H */
