/* flush.h: when a send asks for transmission of what is buffered.  Pure: time is
   passed in.  app/run/flush.ts is the same in TypeScript; both are tested with
   test/vectors/flush.txt. */

#ifndef PL_FLUSH_H
#define PL_FLUSH_H

#include <stdint.h>

/* every: flush with the send that brings the packets taken since the last flush
   to this number (1 = every batch, 0 = not by count).  after_ns: flush when the
   oldest packet not yet flushed is this old (0 = not by time).  Both 0: never. */
typedef struct {
  uint64_t every;
  uint64_t after_ns;
} pl_flush_policy_t;

typedef struct {
  uint64_t held;  /* packets taken since the last flush */
  uint64_t since; /* when the oldest of them was taken, ns */
} pl_flush_state_t;

/* Whether a send of cnt packets at now carries flush. */
static inline int
pl_flush_wanted( pl_flush_policy_t const * policy, pl_flush_state_t const * state, uint64_t now, uint64_t cnt ) {
  if( policy->every && state->held + cnt >= policy->every ) return 1;
  return policy->after_ns && state->held && now - state->since >= policy->after_ns;
}

/* Accounts for a send that took taken packets, with or without flush. */
static inline void
pl_flush_sent( pl_flush_state_t * state, uint64_t now, uint64_t taken, int flushed ) {
  if( flushed ) {
    state->held = 0UL;
    return;
  }
  if( !state->held ) state->since = now;
  state->held += taken;
}

/* When a timer flush (a send of no packets) is due; UINT64_MAX when none is. */
static inline uint64_t
pl_flush_due( pl_flush_policy_t const * policy, pl_flush_state_t const * state ) {
  return policy->after_ns && state->held ? state->since + policy->after_ns : UINT64_MAX;
}

#endif /* PL_FLUSH_H */
