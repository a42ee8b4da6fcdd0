/* What the next batch holds: the packets that are due together. */

#include "run/runner.h"

/* A batch waits for packets that are due this soon after its first, so at low
   rates batches are smaller than asked for rather than late. */
#define GROUP_NS (1000000UL)

/* Why the runner itself will not offer a packet, or 0. */
static int
unsendable( pl_packet_t const * packet, pl_cause_t * cause ) {
  if( packet->link != PL_LINKTYPE_ETHERNET ) {
    *cause = (pl_cause_t){ .id = PL_CAUSE_NOT_ETHERNET, .a = packet->link };
    return 1;
  }
  if( packet->sz > PL_AIO_PKT_INFO_BUF_MAX ) {
    *cause = (pl_cause_t){ .id = PL_CAUSE_OVER_MAX, .a = packet->sz };
    return 1;
  }
  return 0;
}

/* Makes sure that the next packet of the plan is in ahead.  0 when there is none. */
static int
look_ahead( pl_run_t * run ) {
  while( !run->has_ahead && !run->source_ended ) {
    int got = pl_source_next( run->source, &run->ahead );
    if( got == 1 ) {
      run->has_ahead = 1;
      run->pass_read++;
      continue;
    }
    if( got < 0 ) {
      run->source_ended = -1;
    } else if( run->cfg.once ) {
      run->source_ended = 1;
    } else if( !run->pass_read ) {
      run->source_ended = 1;
      pl_run_set_fault( run, run->backend->state.state, 0, "read capture", "The capture holds no packets any more." );
    }
    run->pass_read = 0UL;
  }
  return run->has_ahead;
}

/* Puts the packet in ahead into the batch, or settles it as refused. */
static void
accept_ahead( pl_run_t * run ) {
  pl_counters_t *     c       = &run->now.counters;
  pl_packet_t const * packet  = &run->ahead;
  uint64_t            ordinal = run->planned++;
  pl_cause_t          cause;
  run->has_ahead = 0;
  if( unsendable( packet, &cause ) ) {
    c->truncated += (uint64_t)packet->truncated;
    c->offered++;
    c->refused++;
    pl_run_note_reason( run, 1, &cause, ordinal, 0UL, 0UL );
    c->settled_ns = pl_ticker_ns( &run->ticker );
    if( !c->first_ns ) c->first_ns = c->settled_ns;
    return;
  }
  run->batch[run->end]    = (pl_aio_pkt_info_t){ .buf = packet->buf, .buf_sz = (uint16_t)packet->sz };
  run->ordinals[run->end] = ordinal;
  if( run->signer )
    pl_signer_place( run->signer, run->end, packet->buf, packet->sz, packet->truncated, packet->stream );
  run->fresh_truncated += (uint64_t)packet->truncated;
  run->end++;
}

/* The latest time at which a packet may be due to go with one that is due first. */
static uint64_t
horizon( uint64_t first, uint64_t now ) {
  uint64_t soon = first < UINT64_MAX - GROUP_NS ? first + GROUP_NS : UINT64_MAX;
  return soon > now ? soon : now + 1UL;
}

static void
fill_lone( pl_run_t * run, unsigned long want, uint64_t now ) {
  uint64_t      sz   = run->batch[0].buf_sz;
  unsigned long n    = want;
  run->send_at       = now;
  if( !pl_run_unpaced( run ) ) {
    pl_pace_forgive( &run->pace, now, 0UL, run->cfg.batch );
    uint64_t due  = pl_pace_due( &run->pace, 0UL );
    uint64_t most = horizon( due, now );
    for( n = 0UL; n < want && due < most; n++ ) {
      run->send_at = due;
      pl_pace_give( &run->pace, 0UL, sz );
      due = pl_pace_due( &run->pace, 0UL );
    }
    if( !n ) { /* due never: wait for Stop, or another rate */
      run->send_at = UINT64_MAX;
      return;
    }
  }
  run->end = n;
  run->planned += n;
  if( run->cfg.once && !run->cfg.count ) run->source_ended = 1;
}

void
pl_run_fill( pl_run_t * run, unsigned long want, uint64_t now ) {
  run->at = run->end = 0UL;
  run->fresh         = 1;
  run->fresh_truncated = 0UL;
  if( run->lone ) {
    fill_lone( run, want, now );
    return;
  }
  pl_source_recycle( run->source, run->has_ahead ? &run->ahead : NULL );
  uint64_t most = UINT64_MAX;
  run->send_at  = now;
  for( unsigned long n = 0UL; n < want && look_ahead( run ); n++ ) {
    if( !pl_run_unpaced( run ) ) {
      uint64_t gap = run->ahead.gap_ns;
      if( !n ) {
        pl_pace_forgive( &run->pace, now, gap, run->cfg.batch );
        most = horizon( pl_pace_due( &run->pace, gap ), now );
      }
      uint64_t due = pl_pace_due( &run->pace, gap );
      if( due >= most ) {
        if( !n ) run->send_at = UINT64_MAX;
        return;
      }
      run->send_at = due;
      pl_pace_give( &run->pace, gap, run->ahead.sz );
    }
    accept_ahead( run );
  }
}
