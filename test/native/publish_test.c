/* The seqlock and the ring of calls, with a writer and readers at full speed. */

#include "run/calls.h"
#include "run/publish.h"
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define READERS  (3)
#define READS    (20000UL)
#define WRITES   (200000UL)
#define CHASES   (500000UL)

typedef struct {
  pl_publish_t    publish;
  pl_calls_t      calls;
  _Atomic uint64_t last; /* number of the call written last */
  atomic_int      done;
  atomic_int      reading; /* readers that are not through yet */
} shared_t;

/* Snapshot number n: every word follows from n, and the counters balance. */
static void
make( pl_snapshot_t * s, uint64_t n ) {
  uint64_t * word = (uint64_t *)(void *)s;
  for( unsigned long i = 0UL; i < PL_SNAPSHOT_WORDS; i++ ) word[i] = n * 31UL + i;
  s->counters.taken      = n * 5UL;
  s->counters.refused    = n * 3UL;
  s->counters.unexamined = n * 2UL;
  s->counters.offered    = n * 10UL;
  s->counters.completed  = n * 4UL;
  s->counters.t_ns       = n;
}

static int
whole( pl_snapshot_t const * s ) {
  pl_snapshot_t want;
  make( &want, s->counters.t_ns );
  return !memcmp( &want, s, sizeof( want ) );
}

static pl_call_t
make_call( uint64_t n ) {
  return (pl_call_t){ .seq        = n,
                      .t_ns       = n * 1000UL,
                      .dur_ns     = n * 7UL,
                      .occ_before = (uint32_t)n + 1U,
                      .occ_after  = (uint32_t)n + 2U,
                      .cnt        = (uint16_t)( n * 3UL % ( PL_BATCH_MAX + 1UL ) ),
                      .idx        = (uint16_t)( n * 5UL ),
                      .code       = (int8_t)( -(int)( n % 3UL ) ),
                      .flush      = (uint8_t)( n & 1UL ),
                      .cause      = (uint16_t)( n * 11UL ),
                      .a          = n * 13UL,
                      .b          = n * 17UL,
                      .c          = n * 19UL };
}

static int
same_call( pl_call_t const * a, pl_call_t const * b ) {
  return a->seq == b->seq && a->t_ns == b->t_ns && a->dur_ns == b->dur_ns && a->occ_before == b->occ_before &&
         a->occ_after == b->occ_after && a->cnt == b->cnt && a->idx == b->idx && a->code == b->code &&
         a->flush == b->flush && a->cause == b->cause && a->a == b->a && a->b == b->b && a->c == b->c;
}

static void *
write_all( void * arg ) {
  shared_t * shared = arg;
  /* On and on until every reader has read enough, and WRITES at least. */
  for( uint64_t n = 1UL; n <= WRITES || atomic_load( &shared->reading ); n++ ) {
    pl_snapshot_t s;
    make( &s, n );
    pl_publish_write( &shared->publish, &s );
    pl_call_t call = make_call( n );
    pl_calls_write( &shared->calls, &call );
    atomic_store_explicit( &shared->last, n, memory_order_release );
    if( n % 64UL == 0UL ) sched_yield(); /* on one core readers want to run too */
  }
  atomic_store( &shared->done, 1 );
  return NULL;
}

static void *
read_snapshots( void * arg ) {
  shared_t * shared = arg;
  uint64_t   before = 0UL;
  for( unsigned long i = 0UL, newer = 0UL; newer < READS / 50UL && i < 1000UL * READS; i++ ) {
    pl_snapshot_t s;
    pl_publish_read( &shared->publish, &s );
    pl_counters_t const * c = &s.counters;
    if( !CHECK( whole( &s ) ) ) break;
    CHECK( c->offered == c->taken + c->refused + c->unexamined );
    CHECK( c->taken >= c->completed );
    if( !CHECK( c->t_ns >= before ) ) break; /* never back in time */
    newer += c->t_ns > before;
    before = c->t_ns;
    if( !before ) sched_yield(); /* the writer has not begun */
  }
  atomic_fetch_sub( &shared->reading, 1 );
  return NULL;
}

static void *
read_calls( void * arg ) {
  shared_t *    shared = arg;
  unsigned long seen   = 0UL;
  for( unsigned long i = 0UL; seen < READS && i < 1000UL * READS; i++ ) {
    uint64_t last = atomic_load_explicit( &shared->last, memory_order_acquire );
    if( !last ) sched_yield(); /* the writer has not begun */
    /* The latest, one in the middle, and the one that is overwritten right now. */
    uint64_t const back[3] = { 0UL, i % PL_CALLS, PL_CALLS - 1UL };
    for( int k = 0; k < 3; k++ ) {
      if( last <= back[k] ) continue;
      pl_call_t call;
      if( !pl_calls_read( &shared->calls, last - back[k], &call ) ) continue;
      pl_call_t want = make_call( last - back[k] );
      if( !CHECK( same_call( &call, &want ) ) ) break;
      seen++;
    }
  }
  CHECK( seen >= READS );
  atomic_fetch_sub( &shared->reading, 1 );
  return NULL;
}

static void
hammered( void ) {
  shared_t *    shared = aligned_alloc( _Alignof( shared_t ), sizeof( shared_t ) );
  pthread_t     readers[2 * READERS], writer;
  pl_snapshot_t zero;
  memset( shared, 0, sizeof( *shared ) );
  make( &zero, 0UL );
  pl_publish_write( &shared->publish, &zero );
  atomic_store( &shared->reading, 2 * READERS );
  for( int i = 0; i < 2 * READERS; i++ )
    CHECK( !pthread_create( &readers[i], NULL, i % 2 ? read_calls : read_snapshots, shared ) );
  CHECK( !pthread_create( &writer, NULL, write_all, shared ) );
  for( int i = 0; i < 2 * READERS; i++ ) pthread_join( readers[i], NULL );
  pthread_join( writer, NULL );
  pl_snapshot_t s;
  pl_publish_read( &shared->publish, &s );
  CHECK( whole( &s ) );
  CHECK_EQ( s.counters.t_ns, atomic_load( &shared->last ) );
  free( shared );
}

/* Nothing but calls, written as fast as they can be, and readers on the slot that
   is written next. */
static void *
write_calls( void * arg ) {
  shared_t * shared = arg;
  for( uint64_t n = 1UL; atomic_load_explicit( &shared->reading, memory_order_relaxed ); n++ ) {
    pl_call_t call = make_call( n );
    pl_calls_write( &shared->calls, &call );
    atomic_store_explicit( &shared->last, n, memory_order_release );
  }
  return NULL;
}

static void *
chase_calls( void * arg ) {
  shared_t *    shared = arg;
  unsigned long seen   = 0UL;
  for( unsigned long i = 0UL; i < CHASES || ( !seen && i < 100UL * CHASES ); ) {
    uint64_t last = atomic_load_explicit( &shared->last, memory_order_acquire );
    if( last < PL_CALLS ) { /* the writer has not been once round */
      sched_yield();
      continue;
    }
    i++;
    pl_call_t call, want = make_call( last - PL_CALLS + 1UL );
    if( !pl_calls_read( &shared->calls, last - PL_CALLS + 1UL, &call ) ) continue;
    if( !CHECK( same_call( &call, &want ) ) ) break;
    seen++;
  }
  CHECK( seen > 0UL );
  atomic_fetch_sub( &shared->reading, 1 );
  return NULL;
}

static void
chased( void ) {
  shared_t * shared = aligned_alloc( _Alignof( shared_t ), sizeof( shared_t ) );
  pthread_t  readers[READERS], writer;
  memset( shared, 0, sizeof( *shared ) );
  atomic_store( &shared->reading, READERS );
  CHECK( !pthread_create( &writer, NULL, write_calls, shared ) );
  for( int i = 0; i < READERS; i++ ) CHECK( !pthread_create( &readers[i], NULL, chase_calls, shared ) );
  for( int i = 0; i < READERS; i++ ) pthread_join( readers[i], NULL );
  pthread_join( writer, NULL );
  free( shared );
}

static void
before_the_first( void ) {
  pl_publish_t * publish = aligned_alloc( _Alignof( pl_publish_t ), sizeof( pl_publish_t ) );
  pl_snapshot_t  s;
  memset( publish, 0, sizeof( *publish ) );
  memset( &s, 0xff, sizeof( s ) );
  pl_publish_read( publish, &s );
  CHECK_EQ( s.counters.offered, 0UL );
  CHECK_EQ( s.counters.stopped_by, 0UL );
  free( publish );
}

static void
overwritten( void ) {
  pl_calls_t * slots = aligned_alloc( _Alignof( pl_calls_t ), sizeof( pl_calls_t ) );
  pl_call_t    call;
  memset( slots, 0, sizeof( pl_calls_t ) );
  CHECK( !pl_calls_read( slots, 1UL, &call ) ); /* not written yet */
  for( uint64_t n = 1UL; n <= PL_CALLS + 10UL; n++ ) {
    call = make_call( n );
    pl_calls_write( slots, &call );
  }
  for( uint64_t n = 1UL; n <= PL_CALLS + 11UL; n++ ) {
    pl_call_t want = make_call( n );
    int       got  = pl_calls_read( slots, n, &call );
    CHECK_EQ( got, n > 10UL && n <= PL_CALLS + 10UL );
    if( got ) CHECK( same_call( &call, &want ) );
  }
  free( slots );
}

int
main( void ) {
  tap_run( "before the first snapshot all is zero", before_the_first );
  tap_run( "calls that were overwritten are gone", overwritten );
  tap_run( "every snapshot and call that is read is whole", hammered );
  tap_run( "a call is whole or gone, also while it is overwritten", chased );
  return tap_end();
}
