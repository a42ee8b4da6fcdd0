#include "run/flush.h"

int
pl_flush_wanted( pl_flush_policy_t const * policy, pl_flush_state_t const * state, uint64_t now, uint64_t cnt ) {
  if( policy->every && state->held + cnt >= policy->every ) return 1;
  return policy->after_ns && state->held && now - state->since >= policy->after_ns;
}

void
pl_flush_sent( pl_flush_state_t * state, uint64_t now, uint64_t taken, int flushed ) {
  if( flushed ) {
    state->held = 0UL;
    return;
  }
  if( !state->held ) state->since = now;
  state->held += taken;
}

uint64_t
pl_flush_due( pl_flush_policy_t const * policy, pl_flush_state_t const * state ) {
  return policy->after_ns && state->held ? state->since + policy->after_ns : UINT64_MAX;
}
