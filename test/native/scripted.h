/* scripted.h: a backend that answers what it was told to, for what no real one
   can be made to do on demand. */

#ifndef TEST_SCRIPTED_H
#define TEST_SCRIPTED_H

#include "pl_backend.h"

/* One answer.  idx: what is written to the index on error (UNTOUCHED: nothing). */
typedef struct {
  int           code;
  unsigned long idx;
  int           state;    /* of the backend from this call on */
  uint64_t      for_ns;   /* the same answer until this long after its first time; 0 = once */
  int           at_limit; /* the capture limit is reached */
  int           any_cnt;  /* also to a send of no packets, which else is always SUCCESS */
} answer_t;

#define UNTOUCHED (~0UL)

#define SCRIPTED_CALLS (64UL)

/* A call as it came. */
typedef struct {
  unsigned long cnt;
  int           flush;
  uint16_t      first_sz; /* of the first packet, 0 when there is none */
  uint64_t      t_ns;
} heard_call_t;

typedef struct {
  pl_backend_t     head;
  answer_t const * answers; /* after the last one: SUCCESS */
  unsigned long    answer_cnt, at;
  uint64_t         since; /* when the answer at at was given first */
  heard_call_t     calls[SCRIPTED_CALLS];
  unsigned long    call_cnt;
} scripted_t;

/* Prepares self, which the caller owns. */
void scripted_init( scripted_t * self, answer_t const * answers, unsigned long cnt );

#endif /* TEST_SCRIPTED_H */
