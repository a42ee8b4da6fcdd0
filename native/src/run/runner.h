/* runner.h: the run's own state, shared by the files that make up the runner.
   Everything here but what is marked belongs to the run's thread. */

#ifndef PL_RUNNER_H
#define PL_RUNNER_H

#include "run/clock.h"
#include "run/flush.h"
#include "run/hist.h"
#include "run/pace.h"
#include "run/publish.h"
#include "run/source.h"

#include <pthread.h>

struct pl_run {
  pl_run_cfg_t      cfg;
  pl_backend_t *    backend;
  pl_aio_t const *  entry; /* the first stage, or the backend */
  pl_source_t *     source;
  pl_flush_policy_t flush_policy;
  pl_flush_state_t  flush_state;
  pl_pace_t         pace;
  pl_snapshot_t     now; /* counted here, published from time to time */

  /* The batch: packets [at, end) are not settled yet. */
  pl_aio_pkt_info_t * batch;
  uint64_t *          ordinals; /* of each packet of the batch; NULL for a lone template */
  unsigned long       at, end;
  uint64_t            planned;   /* packets of the plan read so far = ordinal of the next */
  uint64_t            pass_read; /* of the source's current pass */
  int                 source_ended; /* 1: no more packets, -1: the capture is damaged */
  int                 last_code;    /* the answer the pending packets had last */
  uint64_t            backoff_ns;   /* 0 = the last answer was not AGAIN without a retry */
  uint64_t            retry_at;
  uint64_t            progress_at;
  uint64_t            service_at;
  uint64_t            deadline;
  uint64_t            published_at;
  int                 stop_by; /* PL_STOP_*, 0 while running */
  pl_state_t          fault;   /* final once ended is set */
  int                 faulted;

  /* Shared with other threads. */
  atomic_int      stop, flush_asked, ended;
  pthread_mutex_t lock;
  pthread_cond_t  wake;
  pl_publish_t    publish;
  pl_hist_t       hist;
  pl_call_slot_t  calls[PL_CALLS];
  pthread_t       thread;
  pl_run_done_t   done;
  void *          done_ctx;
};

/* Reads packets of the plan into the batch, at most want. */
void pl_run_fill( pl_run_t * run, unsigned long want );

/* Makes one send call (cnt may be 0) and settles its answer. */
void pl_run_send( pl_run_t * run, int timer_flush );

/* Settles what is pending by its last answer, drains, reads the final state. */
void pl_run_finish( pl_run_t * run );

void pl_run_set_fault( pl_run_t * run, int state, int err, char const * step, char const * sentence );
void pl_run_publish( pl_run_t * run, uint64_t now );

/* The run's thread. */
void * pl_run_main( void * arg );

#endif /* PL_RUNNER_H */
