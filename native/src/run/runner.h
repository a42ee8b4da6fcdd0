/* runner.h: the run's own state, shared by the files that make up the runner.
   Everything here but what is marked belongs to the run's thread. */

#ifndef PL_RUNNER_H
#define PL_RUNNER_H

#include "receive/signer.h"
#include "run/calls.h"
#include "run/clock.h"
#include "run/flush.h"
#include "run/hist.h"
#include "run/pace.h"
#include "run/publish.h"
#include "run/source.h"
#include "run/ticker.h"
#include "stage/hop.h"

#include <pthread.h>

struct pl_run {
  pl_run_cfg_t      cfg;
  pl_backend_t *    backend;
  pl_aio_t const *  entry; /* the first stage, or the backend */
  pl_source_t *     source;
  pl_flush_policy_t flush_policy;
  pl_flush_state_t  flush_state;
  pl_signer_t *     signer; /* NULL: packets go as they are */
  pl_pace_t         pace;
  pl_ticker_t       ticker; /* every time the thread compares comes from it */
  pl_snapshot_t     now; /* counted here, published from time to time */

  /* The batch: packets [at, end) are not settled yet. */
  pl_aio_pkt_info_t * batch;
  uint64_t *          ordinals; /* of each packet of the batch; not used for a lone template */
  int                 lone;     /* one template, laid out over the batch once */
  unsigned long       at, end;
  uint64_t            planned;   /* packets of the plan read so far = ordinal of the next */
  uint64_t            pass_read; /* of the source's current pass */
  int                 source_ended; /* 1: no more packets, -1: the capture is damaged */
  uint64_t            send_at;   /* a fresh batch waits for its last packet */
  int                 fresh;     /* no packet of the batch was offered yet */
  uint64_t            fresh_truncated; /* of the packets that were not, how many a capture had cut */
  pl_packet_t         ahead;     /* read, but not yet due with the batch */
  int                 has_ahead;
  int                 last_code;    /* the answer the pending packets had last */
  uint64_t            backoff_ns;   /* 0 = the last answer was not AGAIN without a retry */
  int                 by_ring;      /* the last AGAIN was for want of a larger ring */
  pl_hop_t            hop;          /* what was offered to the chain, counted per call */
  uint64_t            retry_at;
  uint64_t            progress_at;
  uint64_t            answered_at; /* the call before came back */
  uint64_t            service_at;
  uint64_t            deadline;
  uint64_t            published_at;
  uint64_t            stepped_at; /* the thread was seen to run */
  int                 stop_by; /* PL_STOP_*, 0 while running */
  pl_state_t          fault;   /* final once ended is set */
  int                 faulted;

  /* Shared with other threads. */
  atomic_int      stop, flush_asked, tune_asked, ended;
  pl_run_tune_t   tune; /* under lock */
  pthread_mutex_t lock;
  pthread_cond_t  wake;
  pl_publish_t    publish;
  pl_hist_t       hist;
  pl_calls_t      calls;
  pthread_t       thread;
  pl_run_done_t   done;
  void *          done_ctx;
};

/* Reads the packets of the plan that are due together into the batch, at most
   want, and says when to send them.  now is the time. */
void pl_run_fill( pl_run_t * run, unsigned long want, uint64_t now );

/* Whether packets go as fast as they can. */
static inline int
pl_run_unpaced( pl_run_t const * run ) {
  return run->cfg.rate.kind == PL_RATE_MAX;
}

/* Services chain and recorders, and notes when to do so again. */
void pl_run_serve( pl_run_t * run, uint64_t now );

/* Nothing the thread waits for by itself takes this long. */
#define PL_AWAY_NS (1000000000UL)

/* Counts a time in which the thread did not get to run. */
void pl_run_was_away( pl_run_t * run, uint64_t now );

/* Notes that the thread runs at now, and how long it was away when that is odd. */
static inline void
pl_run_awake( pl_run_t * run, uint64_t now ) {
  if( now - run->stepped_at >= PL_AWAY_NS ) pl_run_was_away( run, now );
  run->stepped_at = now;
}

/* Makes one send call (cnt may be 0) and settles its answer.  Returns the time
   after the call. */
uint64_t pl_run_send( pl_run_t * run, int timer_flush );

/* Settles what is pending by its last answer, drains, reads the final state. */
void pl_run_finish( pl_run_t * run );

/* Counts a refusal under its reason. */
void pl_run_note_reason( pl_run_t * run, int inval, pl_cause_t const * cause, uint64_t ordinal, uint64_t call,
                         uint64_t idx );

void pl_run_set_fault( pl_run_t * run, int state, int err, char const * step, char const * sentence );
void pl_run_publish( pl_run_t * run, uint64_t now );

/* A run that is busy publishes no more often. */
#define PL_PUBLISH_NS (500000UL)

/* The run's thread. */
void * pl_run_main( void * arg );

#endif /* PL_RUNNER_H */
