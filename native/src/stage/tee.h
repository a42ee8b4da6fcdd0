/* tee: an AIO that passes everything on and records what its destination
   accepted, after it answered: a retry after AGAIN is not recorded twice.  When
   recording stops (disk full, limit, a pipe without room) the run goes on and
   what is missing is counted. */

#ifndef PL_TEE_H
#define PL_TEE_H

#include "stage/hop.h"
#include "stage/recorder.h"

typedef struct pl_tee {
  pl_aio_t         aio;
  pl_aio_t const * dst;
  pl_recorder_t *  recorder; /* owned */
  uint64_t         missed;   /* frames a full pipe did not take */
  pl_hop_t         hop;
} pl_tee_t;

/* Takes the pcapng backend file over.  NULL when memory ran out (file stays the
   caller's). */
pl_tee_t * pl_tee_new( pl_aio_t const * dst, pl_backend_t * file );
void       pl_tee_delete( pl_tee_t * self );

uint64_t pl_tee_not_captured( pl_tee_t const * self );

#endif /* PL_TEE_H */
