/* running.h: runs for tests: plain settings, bounded waits, and checks that hold
   for any run at any moment. */

#ifndef TEST_RUNNING_H
#define TEST_RUNNING_H

#include "pl_run.h"
#include "run/source.h"

/* Batch of 8, maximum rate, flush with every batch, retry, stall after 10 s. */
pl_run_cfg_t plain_cfg( void );

/* So many packets per second; infinity is the maximum. */
pl_rate_t rate_pps( double pps );

/* A source over frames made by frame_fill, numbered from 0, of these sizes. */
pl_source_t * made_source( uint32_t const * sizes, unsigned long cnt );

/* One frame of sz bytes. */
pl_source_t * one_frame( uint32_t sz );

/* A fixture as a source. */
pl_source_t * capture_source( char const * name, unsigned long batch );

typedef struct {
  pl_run_t *    run;
  pl_run_cfg_t  cfg;
  pl_counters_t before; /* the snapshot read last */
} running_t;

/* Starts; a failure is a failed check (1, or 0). */
int running_start( running_t * self, pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg );

/* Reads a snapshot and checks it: counters balance, and only grow. */
void running_look( running_t * self, pl_snapshot_t * s );

/* Waits, looking all the time, until the run has ended; 30 s at most, then it is
   stopped and the case has failed. */
void running_wait( running_t * self, pl_snapshot_t * s );

/* The whole: starts, waits, checks the last snapshot, deletes the run.  fault
   gets the fault (state -1: none); NULL when it is not wanted. */
void run_through( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, pl_snapshot_t * s,
                  pl_state_t * fault );

/* The entry of a kind of refusal, or NULL. */
pl_reason_t const * reason_of( pl_snapshot_t const * s, int inval, int id );

/* Lets go of the processor for a moment. */
void breathe( void );

#endif /* TEST_RUNNING_H */
