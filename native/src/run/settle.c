/* One call and its answer: what each code means for the counters.  Each packet
   of the plan is counted once, by its last answer, when no further call will be
   made for it. */

#include "receive/receiver.h"
#include "run/runner.h"
#include "stage/chain.h"

#include <stdio.h>
#include <string.h>

#define BACKOFF_MIN_NS (1000UL)
#define BACKOFF_MAX_NS (1000000UL)

/* Counts a refusal under its reason; a new kind takes a free entry, and when
   none is free it is not listed (the counters still hold it). */
void
pl_run_note_reason( pl_run_t * run, int inval, pl_cause_t const * cause, uint64_t ordinal, uint64_t call, uint64_t idx ) {
  pl_occurrence_t const here = { .ordinal = ordinal, .call = call, .idx = idx, .id = (uint64_t)cause->id,
                                 .a = cause->a, .b = cause->b, .c = cause->c };
  for( unsigned long i = 0UL; i < PL_REASON_MAX; i++ ) {
    pl_reason_t * r = &run->now.reasons[i];
    if( r->cnt && ( r->inval != (uint64_t)inval || r->first.id != here.id ) ) continue;
    if( !r->cnt ) *r = (pl_reason_t){ .inval = (uint64_t)inval, .first = here };
    r->cnt++;
    r->last = here;
    return;
  }
}

static uint64_t
ordinal_of( pl_run_t const * run, unsigned long i ) {
  return !run->lone ? run->ordinals[i] : run->planned - ( run->end - i );
}

/* Packets [at, at+n) were accepted. */
static void
take( pl_run_t * run, unsigned long n ) {
  pl_counters_t * c = &run->now.counters;
  if( !run->lone )
    for( unsigned long i = run->at; i < run->at + n; i++ ) c->bytes += run->batch[i].buf_sz;
  else
    c->bytes += n * run->batch[0].buf_sz;
  c->taken += n;
  c->offered += n;
  run->at += n;
}

static void
refuse( pl_run_t * run, unsigned long n ) {
  run->now.counters.refused += n;
  run->now.counters.offered += n;
  run->at += n;
}

static void
leave_unexamined( pl_run_t * run, unsigned long n ) {
  run->now.counters.unexamined += n;
  run->now.counters.offered += n;
  run->at += n;
}

void
pl_run_set_fault( pl_run_t * run, int state, int err, char const * step, char const * sentence ) {
  if( run->faulted ) return;
  run->faulted     = 1;
  run->fault.state = state;
  run->fault.err   = err;
  run->fault.step  = step;
  snprintf( run->fault.sentence, PL_SENTENCE_MAX, "%s", sentence );
}

static void
end( pl_run_t * run, int by ) {
  if( !run->stop_by ) run->stop_by = by;
}

/* The clock of a stall did not run for so long. */
static void
rest( pl_run_t * run, uint64_t ns, uint64_t now ) {
  run->progress_at = run->progress_at + ns < now ? run->progress_at + ns : now;
}

/* AGAIN at idx: the AGAIN policy decides about what is left of the batch. */
static void
on_again( pl_run_t * run, unsigned long idx, uint64_t now ) {
  int link_down = run->backend->state.state == PL_STATE_LINK_DOWN;
  if( idx ) run->progress_at = now;
  else if( link_down ) rest( run, now - run->answered_at, now );
  run->by_ring = run->backend->cause.by_ring;
  take( run, idx );
  unsigned long left = run->end - run->at;
  if( run->backend->state.state > PL_STATE_LINK_DOWN ) return; /* the fault settles them */
  if( run->backend->limit ) {
    end( run, PL_STOP_LIMIT );
  } else if( run->cfg.until_set && run->cfg.until == PL_AIO_ERR_AGAIN ) {
    end( run, PL_STOP_CODE );
  } else if( run->cfg.again == PL_AGAIN_DROP ) {
    refuse( run, left );
    run->now.counters.again_lost += left;
    run->now.counters.full_lost += run->by_ring ? left : 0UL;
    run->progress_at = now;
    return;
  } else if( run->cfg.again == PL_AGAIN_STOP ) {
    end( run, PL_STOP_AGAIN );
  } else if( now - run->progress_at >= run->cfg.stall_ns ) {
    char sentence[PL_SENTENCE_MAX];
    char why[PL_SENTENCE_MAX / 2];
    pl_occurrence_t const last = { .id = (uint64_t)run->backend->cause.id, .a = run->backend->cause.a,
                                   .b = run->backend->cause.b, .c = run->backend->cause.c };
    pl_run_cause_text( run, &last, why, sizeof( why ) );
    snprintf( sentence, sizeof( sentence ),
              "Stalled: no packet was accepted for %.1f s. %s The %lu packets accepted before are kept; choose On AGAIN "
              "drop or stop, or make the far end faster.",
              (double)run->cfg.stall_ns / 1e9, why, run->now.counters.taken );
    pl_run_set_fault( run, run->backend->state.state, 0, "stalled", sentence );
    end( run, PL_STOP_FAULT );
  } else {
    run->backoff_ns = idx || !run->backoff_ns ? BACKOFF_MIN_NS : run->backoff_ns * 2UL;
    if( run->backoff_ns > BACKOFF_MAX_NS ) run->backoff_ns = BACKOFF_MAX_NS;
    run->retry_at = now + run->backoff_ns;
  }
}

static void
on_inval( pl_run_t * run, unsigned long idx, uint64_t now ) {
  run->progress_at = now;
  run->backoff_ns  = 0UL;
  take( run, idx );
  refuse( run, 1UL );
  if( run->cfg.until_set && run->cfg.until == PL_AIO_ERR_INVAL ) end( run, PL_STOP_CODE );
}

void
pl_run_was_away( pl_run_t * run, uint64_t now ) {
  pl_counters_t * c    = &run->now.counters;
  uint64_t        away = now - run->stepped_at;
  c->away_cnt++;
  c->away_ns += away;
  c->away_last_ns = away;
  c->away_at_ns   = run->stepped_at;
  rest( run, away, now ); /* who could not try has not stalled */
}

static void
record_call( pl_run_t * run, uint64_t t0, uint64_t t1, unsigned long cnt, unsigned long idx, int code, int flush,
             uint64_t occ_before ) {
  pl_counters_t * c   = &run->now.counters;
  uint64_t        dur = t1 - t0;
  pl_hist_add( &run->hist, dur );
  pl_call_t call = { .seq        = c->calls_success + c->calls_inval + c->calls_again,
                     .t_ns       = t0,
                     .dur_ns     = dur,
                     .occ_before = (uint32_t)occ_before,
                     .occ_after  = (uint32_t)run->backend->ring_occ,
                     .cnt        = (uint16_t)cnt,
                     .idx        = (uint16_t)idx,
                     .code       = (int8_t)code,
                     .flush      = (uint8_t)flush };
  if( code ) {
    pl_cause_t const * cause = &run->backend->cause;
    call.cause               = (uint16_t)cause->id;
    call.a                   = cause->a;
    call.b                   = cause->b;
    call.c                   = cause->c;
  }
  pl_calls_write( &run->calls, &call );
}

void
pl_run_serve( pl_run_t * run, uint64_t now ) {
  uint64_t moved    = pl_chain_service( run->backend, now );
  uint64_t recorded = pl_chain_record( run->backend, now );
  run->service_at   = moved < recorded ? moved : recorded;
  pl_state_t const * state = &run->backend->state; /* an interface may go while nothing is sent */
  if( state->state <= PL_STATE_LINK_DOWN ) return;
  pl_run_set_fault( run, state->state, state->err, state->step, state->sentence );
  end( run, PL_STOP_FAULT );
}

uint64_t
pl_run_send( pl_run_t * run, int timer_flush ) {
  pl_counters_t * c       = &run->now.counters;
  pl_backend_t *  backend = run->backend;
  unsigned long   cnt     = timer_flush ? 0UL : run->end - run->at;
  unsigned long   idx     = cnt;
  uint64_t        settled = c->offered;
  uint64_t        occ     = backend->ring_occ;
  if( run->signer ) pl_signer_sign( run->signer, run->batch, run->at, run->at + cnt, pl_clock_ns() );
  uint64_t        t0      = pl_ticker_ns( &run->ticker );
  int             flush   = timer_flush || pl_flush_wanted( &run->flush_policy, &run->flush_state, t0, cnt );
  if( run->backoff_ns ) c->retried += cnt;
  else if( cnt ) run->progress_at = t0; /* the clock of a stall starts with the first refusal of a packet */

  if( !run->answered_at ) run->answered_at = t0;
  if( cnt && run->fresh ) c->truncated += run->fresh_truncated, run->fresh_truncated = 0UL;
  backend->plan = run->lone ? (pl_plan_t){ .base = ordinal_of( run, run->at ), .set = 1 }
                            : (pl_plan_t){ .ordinals = run->ordinals + run->at, .set = 1 };
  int      code     = pl_aio_send( run->entry, cnt ? run->batch + run->at : NULL, cnt, &idx, flush );
  uint64_t t1       = pl_ticker_ns( &run->ticker );
  backend->plan.set = 0;

  if( !c->first_ns ) {
    c->first_ns = t0;
    if( cnt && t0 > run->send_at ) run->pace.base += t0 - run->send_at; /* a late start is not caught up: the rate is a cap */
    if( run->cfg.duration_ns ) run->deadline = t0 + run->cfg.duration_ns;
    run->progress_at = t0;
  }
  pl_run_awake( run, t1 );
  if( cnt ) run->fresh = 0;
  if( run->signer && code != PL_AIO_SUCCESS && idx < cnt ) pl_signer_take_back( run->signer, run->at + idx, run->at + cnt );
  if( code == PL_AIO_SUCCESS || idx < cnt ) pl_hop_count( &run->hop, code, cnt, idx );
  c->flushes += (uint64_t)flush;
  c->sending_ns += t1 - t0;
  pl_flush_sent( &run->flush_state, t0, code ? idx : cnt, flush );
  if( cnt || code ) run->last_code = code;

  if( code == PL_AIO_SUCCESS ) {
    c->calls_success++;
    record_call( run, t0, t1, cnt, 0UL, code, flush, occ );
    if( cnt ) {
      take( run, cnt );
      run->backoff_ns  = 0UL;
      run->progress_at = t1;
    }
    if( run->cfg.until_set && run->cfg.until == PL_AIO_SUCCESS ) end( run, PL_STOP_CODE );
  } else if( ( code != PL_AIO_ERR_INVAL && code != PL_AIO_ERR_AGAIN ) || idx >= cnt ) {
    pl_run_set_fault( run, PL_STATE_FAILED, 0, "send", "The backend broke the contract: an answer no caller can count." );
    end( run, PL_STOP_FAULT );
  } else {
    int inval = code == PL_AIO_ERR_INVAL;
    if( inval ) c->calls_inval++;
    else c->calls_again++;
    record_call( run, t0, t1, cnt, idx, code, flush, occ );
    pl_run_note_reason( run, inval, &backend->cause, ordinal_of( run, run->at + idx ),
                 c->calls_success + c->calls_inval + c->calls_again, idx );
    if( inval ) on_inval( run, idx, t1 );
    else on_again( run, idx, t1 );
  }
  if( c->offered != settled ) c->settled_ns = t1;
  run->answered_at = t1;
  pl_run_serve( run, t1 );
  if( t1 - run->published_at > PL_PUBLISH_NS ) pl_run_publish( run, t1 );
  return t1;
}

/* How long a run that ended by count or end of file waits for its packets. */
#define DRAIN_NS (2000000000UL)

/* While it waits, it looks again at least this often. */
#define DRAIN_NAP_NS (1000000UL)

/* Waits until then, at most a little.  0: it is enough, by time or by Stop. */
static int
drain_nap( pl_run_t * run, uint64_t then, uint64_t upto ) {
  uint64_t now = pl_ticker_ns( &run->ticker );
  if( now >= upto || atomic_load_explicit( &run->stop, memory_order_relaxed ) ) return 0;
  pl_run_publish( run, now );
  struct timespec const nap = {
      .tv_nsec = then > now + DRAIN_NAP_NS ? (long)DRAIN_NAP_NS : then > now ? (long)( then - now ) : 0L };
  nanosleep( &nap, NULL );
  return 1;
}

/* Moves what waits in the backend until it is idle, or nothing will move by itself. */
static void
drain_backend( pl_run_t * run, uint64_t upto ) {
  pl_backend_t * backend = run->backend;
  int            moves   = backend->def->service || backend->fault;
  if( backend->fault ) pl_fault_settle( backend->fault );
  for( ;; ) {
    (void)!pl_aio_send( run->entry, NULL, 0UL, NULL, 1 );
    uint64_t next = pl_chain_service( backend, pl_ticker_ns( &run->ticker ) );
    if( !moves ) next = pl_ticker_ns( &run->ticker ) + DRAIN_NAP_NS;
    if( pl_chain_idle( backend ) || next == UINT64_MAX || !drain_nap( run, next, upto ) ) return;
  }
}

/* The same for a capture beside the run, which may be a slow pipe; NULL = none. */
static void
drain_recorder( pl_run_t * run, pl_recorder_t * recorder, uint64_t upto ) {
  if( !recorder ) return;
  do (void)!pl_aio_send( &recorder->aio, NULL, 0UL, NULL, 1 );
  while( !recorder->file->def->idle( recorder->file ) && drain_nap( run, UINT64_MAX, upto ) );
}

/* Everything that will arrive has arrived: what was sent behind it is lost. */
static void
tell_receiver( pl_run_t const * run ) {
  pl_backend_t const * backend = run->backend;
  if( !backend->receiver || backend->elsewhere || !pl_chain_idle( backend ) ) return;
  for( unsigned long i = 0UL; i < PL_STREAMS; i++ ) pl_receiver_sent( backend->receiver, i, run->signer->next[i] );
}

void
pl_run_finish( pl_run_t * run ) {
  pl_backend_t * backend = run->backend;
  if( run->fresh ) run->at = run->end; /* never offered */
  unsigned long left = run->end - run->at;
  if( left ) {
    if( run->last_code == PL_AIO_ERR_INVAL ) leave_unexamined( run, left );
    else refuse( run, left );
    run->now.counters.settled_ns = pl_ticker_ns( &run->ticker );
  }

  if( !run->source ) run->now.counters.settled_ns = pl_ticker_ns( &run->ticker );
  backend->stop    = NULL; /* what is buffered is written to the end */
  backend->to_come = 0UL;
  int      all  = run->stop_by == PL_STOP_COUNT || run->stop_by == PL_STOP_END;
  uint64_t upto = all ? pl_ticker_ns( &run->ticker ) + DRAIN_NS : 0UL;
  pl_recorder_t * peer = backend->recorder;
  pl_recorder_t * tee  = backend->tee ? backend->tee->recorder : NULL;
  drain_backend( run, upto );
  drain_recorder( run, peer, upto );
  if( backend->def->settle ) backend->def->settle( backend );
  drain_recorder( run, peer, upto );
  if( run->signer ) tell_receiver( run );
  drain_recorder( run, tee, upto );
  if( peer ) pl_recorder_settle( peer );
  if( tee ) pl_recorder_settle( tee );
  if( backend->state.state > PL_STATE_LINK_DOWN ) {
    pl_run_set_fault( run, backend->state.state, backend->state.err, backend->state.step, backend->state.sentence );
    run->stop_by = PL_STOP_FAULT;
  }
  pl_state_t const * recording = peer ? &peer->file->state : NULL;
  if( recording && recording->state > PL_STATE_LINK_DOWN )
    pl_run_set_fault( run, recording->state, recording->err, recording->step, recording->sentence );
  recording = tee ? &tee->file->state : NULL;
  if( recording && recording->state > PL_STATE_LINK_DOWN )
    pl_run_set_fault( run, recording->state, recording->err, recording->step, recording->sentence );
}
