/* publish.h: how totals leave the run's thread: a seqlock over 64-bit words.
   One writer that never waits; any reader, which retries while it is written. */

#ifndef PL_PUBLISH_H
#define PL_PUBLISH_H

#include "pl_run.h"

#define PL_SNAPSHOT_WORDS ( sizeof( pl_snapshot_t ) / sizeof( uint64_t ) )

typedef struct {
  _Alignas( 64 ) _Atomic uint64_t seq; /* odd while it is written */
  _Alignas( 64 ) _Atomic uint64_t word[PL_SNAPSHOT_WORDS];
} pl_publish_t;

/* The same for words of anybody. */
void pl_words_write( _Atomic uint64_t * seq, _Atomic uint64_t * word, uint64_t const * from, unsigned long cnt );
void pl_words_read( _Atomic uint64_t * seq, _Atomic uint64_t * word, uint64_t * to, unsigned long cnt );

void pl_publish_write( pl_publish_t * self, pl_snapshot_t const * from );
void pl_publish_read( pl_publish_t * self, pl_snapshot_t * to );

#endif /* PL_PUBLISH_H */
