/* recorder: an AIO that writes what passes into a pcapng backend and never
   stands in the way of a run.  When recording cannot go on (disk full, limit
   reached) frames are accepted, not recorded, and counted. */

#ifndef PL_RECORDER_H
#define PL_RECORDER_H

#include "pl_backend.h"

typedef struct pl_recorder {
  pl_aio_t       aio;
  pl_backend_t * file;     /* owned */
  uint64_t       seen;     /* frames accepted by aio */
  uint64_t       flush_at; /* when the next flush is due, CLOCK_MONOTONIC ns */
  int            stopped;
} pl_recorder_t;

/* Takes the pcapng backend over.  NULL when memory ran out (file stays the
   caller's). */
pl_recorder_t * pl_recorder_new( pl_backend_t * file );

/* Writes what is buffered each second, so that whoever kills the process loses no
   more than that.  Returns when it wants to be called again. */
uint64_t pl_recorder_service( pl_recorder_t * self, uint64_t now );

/* The run is over: what the file has not taken by now (a pipe nobody reads) is not
   recorded, and counts as such. */
void pl_recorder_settle( pl_recorder_t * self );

/* Closes the file and frees the recorder. */
void pl_recorder_delete( pl_recorder_t * self );

/* Frames accepted and not recorded since recording stopped; 0 while it goes on. */
uint64_t pl_recorder_not_captured( pl_recorder_t const * self );

#endif /* PL_RECORDER_H */
