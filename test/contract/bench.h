/* bench.h: what the clause files share: the tools of one case. */

#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "clauses.h"
#include "tap.h"

/* Packets in a batch of a case; one that has more room for sizes. */
#define BENCH_MAX (128UL)

/* A batch whose packets lie in memory that can be made read-only and taken away. */
typedef struct {
  pl_aio_pkt_info_t * batch;
  unsigned long       cnt, max;
  uint8_t *           bytes;
  unsigned long       used, cap;
} bench_batch_t;

void bench_batch_new( bench_batch_t * self, unsigned long max, unsigned long bytes );
void bench_batch_clear( bench_batch_t * self );
void bench_batch_delete( bench_batch_t * self );

/* Appends frame n of sz bytes.  sz 0 is appended with a NULL buffer. */
void bench_batch_add( bench_batch_t * self, unsigned long sz, uint64_t n, uint16_t ethertype );

/* Makes the batch and its packets read-only; releases them for writing. */
void bench_batch_lock( bench_batch_t * self, int locked );

/* The running case. */
typedef struct {
  clause_subject_t const * subject;
  unsigned long            sz; /* of its packets */
} bench_case_t;

/* An instance and what was sent through it so far. */
typedef struct {
  clause_instance_t inst;
  uint64_t          taken;
  uint64_t          completed; /* at the last look */
  unsigned long            unread; /* packets taken since the far end was last looked after */
} bench_t;

/* Opens; a failure is a failed check.  1, or 0. */
int bench_open( bench_t * self, bench_case_t const * c );

/* One send with checks that hold for any send (codes, index, counters).  *idx is
   how many were taken.  Returns the code. */
int bench_send( bench_t * self, bench_batch_t const * b, unsigned long first, int flush, unsigned long * idx );

/* Sends all of the batch, moving things after AGAIN.  1, or 0 when that does not
   end or something is refused. */
int bench_send_all( bench_t * self, bench_batch_t const * b, int flush );

/* Flushes and moves what can be moved. */
void bench_flush( bench_t * self );

/* Compares counters: taken >= completed, and completed only grows. */
void bench_look( bench_t * self );

/* Flushes, closes, and gives what arrived (to be freed; empty when the subject
   does not show it). */
void bench_close( bench_t * self, frames_t * arrived );

/* A number of packets up to n that fits into a fresh instance. */
unsigned long bench_fit( bench_case_t const * c, unsigned long n );

/* Whether the subject must refuse this packet with INVAL. */
int bench_invalid( clause_subject_t const * subject, pl_aio_pkt_info_t const * pkt );

/* The clauses; c is a bench_case_t. */
void clause_zero_batch( void const * c );
void clause_zero_size( void const * c );
void clause_overlapping( void const * c );
void clause_input_kept( void const * c );
void clause_nothing_retained( void const * c );
void clause_order( void const * c );
void clause_success_is_all( void const * c );
void clause_index( void const * c );
void clause_inval_and_again( void const * c );
void clause_flush( void const * c );
void clause_counters( void const * c );
void clause_sizes( void const * c );

#endif /* TEST_BENCH_H */
