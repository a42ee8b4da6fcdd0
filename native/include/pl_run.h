/* pl_run.h: a run sends the packets of a source through a backend on a thread of
   its own: pace -> source -> aio send -> service.  Everything a reader needs
   comes out as cumulative totals; nothing is called back but the end. */

#ifndef PL_RUN_H
#define PL_RUN_H

#include "pl_backend.h"

typedef struct pl_run    pl_run_t;
typedef struct pl_source pl_source_t;

#define PL_BATCH_MAX (4096UL)

/* How fast packets become due, see run/pace.h. */
#define PL_RATE_MAX     (0)
#define PL_RATE_PPS     (1) /* value: packets per second */
#define PL_RATE_L1      (2) /* value: bit/s with preamble, FCS and inter-frame gap: max(len, 60) + 24 bytes a frame */
#define PL_RATE_L2      (3) /* value: bit/s with FCS: max(len, 60) + 4 bytes a frame */
#define PL_RATE_BURST   (4) /* burst packets at once, the next burst gap_ns after the start of this one */
#define PL_RATE_CAPTURE (5) /* as in the capture; a later pass starts after the mean gap */
#define PL_RATE_CNT     (6)

typedef struct {
  int      kind;
  double   value;
  uint64_t burst, gap_ns;
} pl_rate_t;

/* What happens with the packets from the index on after AGAIN. */
#define PL_AGAIN_RETRY (0) /* the same packets again after 1 us doubling to 1 ms */
#define PL_AGAIN_DROP  (1) /* they are refused, the run goes on with the next */
#define PL_AGAIN_STOP  (2) /* they are refused, the run ends */

/* Why a run ended; 0 while it runs. */
#define PL_STOP_COUNT    (1)
#define PL_STOP_DURATION (2)
#define PL_STOP_END      (3) /* the source was sent once */
#define PL_STOP_CODE     (4) /* the first such code */
#define PL_STOP_AGAIN    (5) /* PL_AGAIN_STOP */
#define PL_STOP_LIMIT    (6) /* a capture limit */
#define PL_STOP_USER     (7)
#define PL_STOP_FAULT    (8)

typedef struct {
  unsigned long batch;       /* 1 to PL_BATCH_MAX */
  pl_rate_t     rate;
  uint64_t      count;       /* packets of the plan; 0 = no such limit */
  uint64_t      duration_ns; /* 0 = no such limit */
  int           once;        /* end with the first pass of the source */
  int           until_set;   /* end at the first send that answers until */
  int           until;
  uint64_t      flush_every;    /* see run/flush.h */
  uint64_t      flush_after_ns;
  int           again;
  uint64_t      stall_ns; /* no progress for this long is the fault "stalled" */
  int           sign;     /* packets are signed (pl_signature.h), and the signatures of what is received are read (pl_receive.h) */
} pl_run_cfg_t;

/* All but pending, state and the ring are cumulative.  Each packet of the plan is
   counted once, when no further call will be made for it; first_ns is the first
   call, settled_ns the last time a packet was counted; paced_ns, backoff_ns and
   sending_ns say where the time went: waiting for packets to be due, waiting after
   AGAIN, inside send calls; full_ns is the part of backoff_ns that a larger ring
   would have spared, os_ns the time inside system calls that moved packets.
   again_lost packets were given up after AGAIN, full_lost of them for want of a
   larger ring.  backend_* is the last hop, counted per call.  away: times of a
   second and more in which the thread itself did not get to run (the process was
   stopped), how long in all, the latest one and when it began.  peer_dropped,
   no_carrier, receives, received_bytes and own_received: see pl_backend.h.  The list is also the layout of the published
   snapshot. */
#define PL_COUNTERS( X )                                                                                              \
  X( t_ns ) X( first_ns ) X( settled_ns ) X( offered ) X( taken ) X( refused ) X( unexamined ) X( pending )           \
  X( retried ) X( completed ) X( received ) X( not_captured ) X( truncated ) X( late_errors ) X( bytes )              \
  X( calls_success ) X( calls_inval ) X( calls_again ) X( flushes ) X( kicks ) X( state ) X( ring_occ ) X( ring_cap ) \
  X( stopped_by ) X( late_id ) X( late_a ) X( late_b ) X( late_c ) X( fault_offered ) X( fault_taken )                 \
  X( fault_refused ) X( fault_unexamined ) X( fault_dropped ) X( fault_duplicated ) X( fault_lost_duplicates )         \
  X( fault_reordered ) X( fault_corrupted ) X( fault_delayed ) X( fault_again ) X( fault_inval ) X( fault_held )       \
  X( fault_lost_held ) X( tee_offered ) X( tee_taken ) X( tee_refused ) X( tee_unexamined ) X( tee_recorded )          \
  X( backend_offered ) X( backend_taken ) X( backend_refused ) X( backend_unexamined ) X( paced_ns ) X( backoff_ns )   \
  X( full_ns ) X( os_ns ) X( sending_ns ) X( again_lost ) X( full_lost ) \
  X( away_cnt ) X( away_ns ) X( away_last_ns ) X( away_at_ns ) X( peer_dropped ) X( no_carrier )  \
  X( receives ) X( received_bytes ) X( own_received )

typedef struct {
#define X( name ) uint64_t name;
  PL_COUNTERS( X )
#undef X
} pl_counters_t;

#define PL_REASON_MAX (16UL)

/* One kind of refusal.  Its sentence is made from the cause on the reader's side. */
typedef struct {
  uint64_t ordinal; /* in the plan, 0-based */
  uint64_t call;    /* 1-based; 0 = settled by the runner without a call */
  uint64_t idx;
  uint64_t id, a, b, c; /* the cause; ids from PL_CAUSE_RUNNER on are the runner's own */
} pl_occurrence_t;

typedef struct {
  uint64_t        inval; /* 1: INVAL, 0: AGAIN */
  uint64_t        cnt;   /* times it was answered; 0 = the entry is free */
  pl_occurrence_t first, last;
} pl_reason_t;

#define PL_CAUSE_RUNNER       (1000)
#define PL_CAUSE_OVER_MAX     (1001) /* a: bytes */
#define PL_CAUSE_NOT_ETHERNET (1002) /* a: link type */

typedef struct {
  pl_counters_t counters;
  pl_reason_t   reasons[PL_REASON_MAX];
} pl_snapshot_t;

/* One send call, as the ring of recent calls keeps it. */
typedef struct {
  uint64_t seq;  /* 1-based number of the call */
  uint64_t t_ns; /* when it began, CLOCK_MONOTONIC */
  uint64_t dur_ns;
  uint32_t occ_before, occ_after; /* ring slots in use; 0 where the backend has no ring */
  uint16_t cnt, idx;              /* idx is meaningful on error */
  int8_t   code;
  uint8_t  flush;
  uint16_t cause;   /* id, 0 on success; its sentence comes from pl_run_call_text */
  uint64_t a, b, c; /* the figures of the cause */
} pl_call_t;

/* One bucket of a histogram: cnt values from lower to upper. */
typedef struct {
  uint64_t lower, upper, cnt;
} pl_bucket_t;

#define PL_CALLS (4096UL)

/* Called once on the run's thread when everything is settled. */
typedef void (*pl_run_done_t)( void * ctx );

/* Starts a run.  Without a source (NULL) it sends nothing and receives, until it is
   stopped, its time is up, or cfg->count frames have arrived.  The backend stays the caller's and must not be used by others
   until pl_run_delete; it has one run, because its counters are those of the run.
   The source becomes the run's (also on failure).  NULL with err. */
pl_run_t *
pl_run_start( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, pl_run_done_t done, void * ctx,
              pl_err_t * err );

/* Asks the run to end / to flush.  Any thread; returns at once. */
void pl_run_stop( pl_run_t * run );
void pl_run_flush( pl_run_t * run );

/* What may change while a run is on; takes effect with the next batch. */
typedef struct {
  unsigned long batch;
  pl_rate_t     rate;
  uint64_t      flush_every, flush_after_ns;
} pl_run_tune_t;

/* Any thread; returns at once.  -1 with err when a value is out of range. */
int pl_run_tune( pl_run_t * run, pl_run_tune_t const * tune, pl_err_t * err );

/* Reads the latest published totals (at most 1 ms old while calls are made).
   Any thread. */
void pl_run_snapshot( pl_run_t * run, pl_snapshot_t * out );

/* Send-call latency: n and p50 p90 p99 p999 max in ns. */
void pl_run_latency( pl_run_t * run, uint64_t out[6] );

/* Copies calls with numbers from first on, at most max, oldest first; those that
   were overwritten meanwhile are skipped.  Returns how many. */
unsigned long pl_run_calls( pl_run_t * run, uint64_t first, pl_call_t * out, unsigned long max );

/* How many calls there were so far, and the first that answered code (kept for the
   whole run): 1, or 0 when there is none. */
uint64_t pl_run_calls_made( pl_run_t * run );
int      pl_run_first_call( pl_run_t * run, int code, pl_call_t * out );

/* The buckets in use, smallest first, at most max: of the send-call latency in ns,
   and of the number of packets calls carried (lower = upper).  Each returns how
   many; the sum of cnt is the number of calls. */
#define PL_LATENCY_BUCKETS (4608UL)
unsigned long pl_run_latency_buckets( pl_run_t * run, pl_bucket_t * out, unsigned long max );
unsigned long pl_run_batches( pl_run_t * run, pl_bucket_t * out, unsigned long max );

/* Whether the run has ended; then the fault (NULL when none) is final. */
int                pl_run_ended( pl_run_t * run );
pl_state_t const * pl_run_fault( pl_run_t * run );

/* The sentence of a reason's occurrence. */
void pl_run_cause_text( pl_run_t const * run, pl_occurrence_t const * of, char * buf, unsigned long buf_sz );
void pl_run_call_text( pl_run_t const * run, pl_call_t const * call, char * buf, unsigned long buf_sz );

/* Stops, waits for the thread, frees the run and its source. */
void pl_run_delete( pl_run_t * run );

#endif /* PL_RUN_H */
