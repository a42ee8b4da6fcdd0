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

/* Wall clock for capture timestamps. */
static inline uint64_t
pl_clock_wall_ns( void ) {
  struct timespec ts;
  clock_gettime( CLOCK_REALTIME, &ts );
  return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

#endif /* PL_CLOCK_H */
