#include "run/runner.h"
#include "os/thread.h"
#include "receive/receiver.h"
#include "stage/chain.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* At rate max, waits shorter than this are spun: a sleep would take many times as
   long.  A paced run never spins. */
#define SPIN_NS (8000UL)

/* A paced run is never longer away from its duties than this. */
#define WAIT_MAX_NS (20000000UL)

/* The counters at each hop of the chain. */
static void
count_hops( pl_counters_t * c, pl_backend_t const * b, pl_hop_t const * entry ) {
  pl_hop_t const * last = pl_chain_last_hop( b, entry );
  c->backend_offered    = last->offered;
  c->backend_taken      = last->taken;
  c->backend_refused    = last->refused;
  c->backend_unexamined = last->unexamined;
  if( b->fault ) {
    pl_hop_t const *       hop = pl_fault_hop( b->fault );
    pl_fault_did_t const * did = pl_fault_did( b->fault );
    c->fault_offered           = hop->offered;
    c->fault_taken             = hop->taken;
    c->fault_refused           = hop->refused;
    c->fault_unexamined        = hop->unexamined;
    c->fault_dropped           = did->dropped;
    c->fault_duplicated        = did->duplicated;
    c->fault_lost_duplicates   = did->lost_duplicates;
    c->fault_reordered         = did->reordered;
    c->fault_corrupted         = did->corrupted;
    c->fault_delayed           = did->delayed;
    c->fault_again             = did->again;
    c->fault_inval             = did->inval;
    c->fault_held              = did->held;
    c->fault_lost_held         = did->lost_held;
  }
  if( b->tee ) {
    pl_hop_t const * hop = &b->tee->hop;
    c->tee_offered       = hop->offered;
    c->tee_taken         = hop->taken;
    c->tee_refused       = hop->refused;
    c->tee_unexamined    = hop->unexamined;
    c->tee_recorded      = b->tee->recorder->file->completed;
  }
}

void
pl_run_publish( pl_run_t * run, uint64_t now ) {
  pl_counters_t * c = &run->now.counters;
  pl_backend_t *  b = run->backend;
  c->t_ns           = now;
  c->pending        = run->fresh ? 0UL : run->end - run->at;
  c->completed      = pl_chain_completed( b );
  c->received       = b->received;
  c->receives       = (uint64_t)b->receives;
  c->received_bytes = b->received_bytes;
  c->own_received   = b->own_received;
  c->peer_dropped   = b->peer_dropped;
  c->no_carrier     = b->no_carrier;
  c->not_captured   = pl_chain_not_captured( b );
  c->late_errors    = b->late_errors;
  c->kicks          = b->kicks;
  c->state          = (uint64_t)b->state.state;
  c->ring_occ       = b->ring_occ;
  c->ring_cap       = b->ring_cap;
  c->late_id        = (uint64_t)b->late.id;
  c->late_a         = b->late.a;
  c->late_b         = b->late.b;
  c->late_c         = b->late.c;
  c->os_ns          = pl_chain_os_ns( b );
  count_hops( c, b, &run->hop );
  if( b->receiver ) pl_receiver_publish( b->receiver );
  pl_publish_write( &run->publish, &run->now );
  run->published_at = now;
}

/* Sleeps until then, or until somebody asks for something. */
static void
wait_until( pl_run_t * run, uint64_t then ) {
  uint64_t now = pl_ticker_ns( &run->ticker );
  if( then <= now ) return;
  if( pl_run_unpaced( run ) && then - now <= SPIN_NS ) {
    while( pl_ticker_ns( &run->ticker ) < then ) {}
    return;
  }
  if( then > now + WAIT_MAX_NS ) then = now + WAIT_MAX_NS;
  pl_run_publish( run, now );
  pthread_mutex_lock( &run->lock );
  if( !atomic_load( &run->stop ) && !atomic_load( &run->flush_asked ) && !atomic_load( &run->tune_asked ) )
    pl_os_cond_wait( &run->wake, &run->lock, then );
  pthread_mutex_unlock( &run->lock );
}

/* Goes on servicing the backend while the run waits for something else.  Returns
   the time, as everything a step may do does. */
static uint64_t
wait_and_serve( pl_run_t * run, uint64_t then, uint64_t * spent ) {
  uint64_t before = pl_ticker_ns( &run->ticker );
  if( run->service_at < then ) then = run->service_at;
  uint64_t flush_due = pl_flush_due( &run->flush_policy, &run->flush_state );
  if( flush_due < then ) then = flush_due;
  if( run->deadline < then ) then = run->deadline;
  wait_until( run, then );
  uint64_t now = pl_ticker_look( &run->ticker );
  if( now >= run->service_at ) pl_run_serve( run, now );
  *spent += now - before;
  return now;
}

/* Reads the next batch, or finds that there is none.  A run without a source only waits for
   what arrives.  A template costs no time to
   read, so its batch is sent at once when it is due. */
static uint64_t
next_batch( pl_run_t * run, uint64_t now ) {
  uint64_t left         = run->cfg.count ? run->cfg.count - run->planned : UINT64_MAX;
  run->backend->to_come = left;
  if( !run->source ) {
    if( run->backend->received < left ) return wait_and_serve( run, UINT64_MAX, &run->now.counters.paced_ns );
    run->stop_by = PL_STOP_COUNT;
  } else if( !left ) {
    run->stop_by = PL_STOP_COUNT;
  } else if( run->source_ended > 0 && !run->has_ahead ) {
    run->stop_by = run->faulted ? PL_STOP_FAULT : PL_STOP_END;
  } else if( run->source_ended < 0 && !run->has_ahead ) {
    pl_run_set_fault( run, run->backend->state.state, 0, "read capture", pl_source_problem( run->source ) );
    run->stop_by = PL_STOP_FAULT;
  } else {
    uint64_t want = left < run->cfg.batch ? left : run->cfg.batch;
    if( run->cfg.once && run->lone ) want = 1UL;
    pl_run_fill( run, want, now );
    if( !run->lone ) {
      now = pl_ticker_ns( &run->ticker );
      if( run->at < run->end ) return now;
      /* No call is made that would do this. */
      pl_run_serve( run, now );
      if( now - run->published_at > PL_PUBLISH_NS ) pl_run_publish( run, now );
      return now;
    }
    if( run->at < run->end && run->send_at <= now ) return pl_run_send( run, 0 );
  }
  return now;
}

/* Takes over what may change while a run is on. */
static void
retune( pl_run_t * run, uint64_t now ) {
  pthread_mutex_lock( &run->lock );
  pl_run_tune_t const tune = run->tune;
  atomic_store( &run->tune_asked, 0 );
  pthread_mutex_unlock( &run->lock );
  run->cfg.batch    = tune.batch;
  run->cfg.rate     = tune.rate;
  run->flush_policy = (pl_flush_policy_t){ .every = tune.flush_every, .after_ns = tune.flush_after_ns };
  pl_pace_start( &run->pace, &tune.rate, now );
  if( run->fresh && run->send_at > now ) run->send_at = now; /* it waited by the old rate */
}

/* Does what is next at now, and returns the time after it: the clock is read by
   what takes time (a call, a wait, a read of the capture) and nowhere else. */
static uint64_t
step( pl_run_t * run, uint64_t now ) {
  pl_run_awake( run, now );
  uint64_t flush_due = pl_flush_due( &run->flush_policy, &run->flush_state );
  /* A fresh batch may be empty: its packets were refused here, and the next one waits for their time all the same. */
  int      waiting   = run->fresh ? now < run->send_at : run->at < run->end && run->backoff_ns && now < run->retry_at;
  if( atomic_load_explicit( &run->stop, memory_order_relaxed ) ) {
    run->stop_by = PL_STOP_USER;
  } else if( now >= run->deadline ) {
    run->stop_by = PL_STOP_DURATION;
  } else if( atomic_load_explicit( &run->tune_asked, memory_order_relaxed ) ) {
    retune( run, now );
  } else if( atomic_load_explicit( &run->flush_asked, memory_order_relaxed ) ) {
    atomic_store( &run->flush_asked, 0 );
    return pl_run_send( run, 1 );
  } else if( now >= flush_due && ( waiting || ( run->at == run->end && !pl_run_unpaced( run ) ) ) ) {
    return pl_run_send( run, 1 ); /* no send comes soon enough to carry it */
  } else if( waiting && run->fresh ) {
    return wait_and_serve( run, run->send_at, &run->now.counters.paced_ns );
  } else if( waiting ) {
    uint64_t spent = 0UL;
    now            = wait_and_serve( run, run->retry_at, &spent );
    run->now.counters.backoff_ns += spent;
    if( run->by_ring ) run->now.counters.full_ns += spent;
  } else if( run->at < run->end ) {
    return pl_run_send( run, 0 );
  } else {
    return next_batch( run, now );
  }
  return now;
}

void *
pl_run_main( void * arg ) {
  pl_run_t * run = arg;
  pl_os_runner_thread();
  pl_ticker_start( &run->ticker );
  uint64_t start   = pl_ticker_look( &run->ticker );
  run->deadline    = run->cfg.duration_ns ? start + run->cfg.duration_ns : UINT64_MAX;
  run->service_at  = start; /* something may wait at the far end before the first send */
  run->progress_at = start;
  run->stepped_at  = start;
  pl_pace_start( &run->pace, &run->cfg.rate, start );
  if( !run->source ) run->now.counters.first_ns = start; /* no call will say when it began */
  for( uint64_t now = start; !run->stop_by; ) now = step( run, now );
  pl_run_finish( run );
  run->now.counters.stopped_by = (uint64_t)run->stop_by;
  pl_run_publish( run, pl_ticker_look( &run->ticker ) );
  atomic_store( &run->ended, 1 );
  if( run->done ) run->done( run->done_ctx );
  return NULL;
}

/* Lays a lone template out over the whole batch, once; the batch may grow later. */
static void
lay_out( pl_run_t * run ) {
  uint16_t  sz  = 0U;
  uint8_t * buf = run->source ? pl_source_only( run->source, &sz ) : NULL;
  run->lone     = buf != NULL;
  for( unsigned long i = 0UL; buf && i < PL_BATCH_MAX; i++ )
    run->batch[i] = (pl_aio_pkt_info_t){ .buf = buf, .buf_sz = sz };
}

/* Gives the far end its receiver.  0, or -1 with err. */
static int
prepare_receiving( pl_run_t * run, pl_err_t * err ) {
  pl_backend_t * backend = run->backend;
  backend->to_come       = UINT64_MAX;
  backend->receive_max   = run->source ? 0UL : run->cfg.count;
  if( !backend->receives || ( backend->receiver = pl_receiver_new( backend, run->cfg.sign ) ) ) return 0;
  pl_err_set( err, ENOMEM, "memory", "The run could not be started: out of memory for its receiver." );
  return -1;
}

/* Gives every packet of a batch bytes of its own, to be signed.  0, or -1 with err. */
static int
prepare_signing( pl_run_t * run, pl_err_t * err ) {
  run->signer = pl_signer_new();
  int failed  = !run->signer;
  if( !failed && run->lone )
    failed = pl_signer_lay_out( run->signer, run->batch, run->batch[0].buf, run->batch[0].buf_sz );
  if( failed ) pl_err_set( err, ENOMEM, "memory", "The run could not be started: out of memory for signatures." );
  return failed || ( !run->lone && pl_source_own( run->source, PL_BATCH_MAX, err ) ) ? -1 : 0;
}

/* Whether rate and batch are within their ranges. */
static int
check_tune( unsigned long batch, pl_rate_t const * rate, pl_err_t * err ) {
  int needs_value = rate->kind == PL_RATE_PPS || rate->kind == PL_RATE_L1 || rate->kind == PL_RATE_L2;
  int ok          = batch >= 1UL && batch <= PL_BATCH_MAX && rate->kind >= 0 && rate->kind < PL_RATE_CNT;
  if( ok && needs_value ) ok = rate->value > 0 && rate->value < INFINITY;
  if( ok && rate->kind == PL_RATE_BURST ) ok = rate->burst >= 1UL && rate->gap_ns >= 1UL;
  if( ok ) return 0;
  pl_err_set( err, EINVAL, "options", "A batch has 1 to %lu packets and the rate is above 0.", PL_BATCH_MAX );
  return -1;
}

static int
start_thread( pl_run_t * run ) {
  sigset_t all, before;
  sigfillset( &all );
  pthread_sigmask( SIG_SETMASK, &all, &before ); /* signals belong to the program's main thread */
  int ret = pthread_create( &run->thread, NULL, pl_run_main, run );
  pthread_sigmask( SIG_SETMASK, &before, NULL );
  return ret;
}

pl_run_t *
pl_run_start( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, pl_run_done_t done, void * ctx,
              pl_err_t * err ) {
  if( check_tune( cfg->batch, &cfg->rate, err ) ) {
    pl_source_delete( source );
    return NULL;
  }
  if( backend->ran ) {
    pl_err_set( err, EBUSY, "options", "This backend has had its run; open it again for another." );
    pl_source_delete( source );
    return NULL;
  }
  pl_run_t * run = aligned_alloc( _Alignof( pl_run_t ), sizeof( pl_run_t ) );
  if( run ) {
    memset( run, 0, sizeof( *run ) );
    run->batch    = aligned_alloc( PL_AIO_PKT_INFO_ALIGN, PL_BATCH_MAX * sizeof( pl_aio_pkt_info_t ) );
    run->ordinals = calloc( PL_BATCH_MAX, sizeof( uint64_t ) );
  }
  if( !run || !run->batch || !run->ordinals ) {
    pl_err_set( err, ENOMEM, "memory", "The run could not be started: out of memory." );
    if( run ) free( run->batch ), free( run->ordinals );
    free( run );
    pl_source_delete( source );
    return NULL;
  }
  run->cfg          = *cfg;
  run->backend      = backend;
  run->entry        = pl_chain_entry( backend );
  run->source       = source;
  run->done         = done;
  run->done_ctx     = ctx;
  run->flush_policy = (pl_flush_policy_t){ .every = cfg->flush_every, .after_ns = cfg->flush_after_ns };
  backend->stop     = &run->stop;
  backend->ran      = 1;
  lay_out( run );

  pl_os_cond_init( &run->wake );
  pthread_mutex_init( &run->lock, NULL );

  int failed = prepare_receiving( run, err ) || ( cfg->sign && source && prepare_signing( run, err ) );
  if( !failed ) {
    pl_run_publish( run, pl_clock_ns() ); /* no reader ever sees a time of zero */
    failed = start_thread( run );
    if( !failed ) return run;
    pl_err_set( err, failed, "thread", "The run could not be started: %s.", strerror( failed ) );
  }
  run->thread = 0;
  atomic_store( &run->ended, 2 ); /* no thread to wait for */
  pl_run_delete( run );
  return NULL;
}

static void
ask( pl_run_t * run, atomic_int * what ) {
  pthread_mutex_lock( &run->lock );
  atomic_store( what, 1 );
  pthread_cond_signal( &run->wake );
  pthread_mutex_unlock( &run->lock );
}

void
pl_run_stop( pl_run_t * run ) {
  ask( run, &run->stop );
}

void
pl_run_flush( pl_run_t * run ) {
  ask( run, &run->flush_asked );
}

int
pl_run_tune( pl_run_t * run, pl_run_tune_t const * tune, pl_err_t * err ) {
  if( check_tune( tune->batch, &tune->rate, err ) ) return -1;
  pthread_mutex_lock( &run->lock );
  run->tune = *tune;
  atomic_store( &run->tune_asked, 1 );
  pthread_cond_signal( &run->wake );
  pthread_mutex_unlock( &run->lock );
  return 0;
}

void
pl_run_delete( pl_run_t * run ) {
  if( !run ) return;
  if( atomic_load( &run->ended ) != 2 ) {
    pl_run_stop( run );
    pthread_join( run->thread, NULL );
  }
  run->backend->stop = NULL;
  pthread_cond_destroy( &run->wake );
  pthread_mutex_destroy( &run->lock );
  pl_source_delete( run->source );
  pl_signer_delete( run->signer );
  free( run->batch );
  free( run->ordinals );
  free( run );
}
