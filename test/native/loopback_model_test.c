/* loopback: loss, duplicates, disorder.  The decisions are a function of the
   seed and the packet's number; so the figures are exact. */

#include "files.h"
#include "frames.h"
#include "hash.h"
#include "opened.h"
#include "run/clock.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define N (10000UL)

/* Sends n packets of 20 B and lets all of them through. */
static void
pass( pl_backend_t * b, unsigned long n ) {
  for( uint64_t sent = 0UL; sent < n; ) {
    unsigned long taken, want = n - sent < 50UL ? n - sent : 50UL;
    (void)!send_frames( b, sent, want, 20UL, 1, &taken );
    sent += taken;
    (void)b->def->service( b, pl_clock_ns() );
  }
  CHECK_EQ( b->completed, n );
  CHECK( b->def->idle( b ) );
  b->def->settle( b );
}

static uint64_t
received( char const * what, double probability, double seed ) {
  pl_backend_t * b = open_loopback( what, probability, "seed", seed, NULL );
  pass( b, N );
  uint64_t n = b->received;
  pl_backend_close( b );
  return n;
}

static void
figures( void ) {
  CHECK_EQ( received( "loss", 0.0, 1.0 ), N );
  CHECK_EQ( received( "loss", 1.0, 1.0 ), 0UL );
  CHECK_EQ( received( "duplicate", 1.0, 1.0 ), 2UL * N );
  CHECK_EQ( received( "reorder", 1.0, 1.0 ), N );
  CHECK_EQ( received( "reorder", 0.5, 1.0 ), N );
  static struct {
    char const * what;
    double       probability, seed;
    uint64_t     want;
  } const cases[] = {
      { "loss", 0.1, 1.0, 8959UL },          { "loss", 0.1, 2.0, 8997UL },
      { "loss", 0.001, 1.0, 9985UL },        { "loss", 0.1, 4294967295.0, 9018UL },
      { "duplicate", 0.25, 1.0, 12519UL },    { "duplicate", 0.25, 77.0, 12448UL },
  };
  for( unsigned long i = 0UL; i < sizeof( cases ) / sizeof( cases[0] ); i++ )
    for( int again = 0; again < 2; again++ )
      CHECK_EQ( received( cases[i].what, cases[i].probability, cases[i].seed ), cases[i].want );
}

/* What is to arrive, in order, by the definition: a packet held back comes right
   after the third packet behind it. */
typedef struct {
  uint64_t after, held, n;
} place_t;

static int
by_place( void const * a, void const * b ) {
  place_t const * p = a;
  place_t const * q = b;
  if( p->after != q->after ) return p->after < q->after ? -1 : 1;
  if( p->held != q->held ) return p->held < q->held ? -1 : 1;
  return p->n < q->n ? -1 : p->n > q->n;
}

static int
decided( uint32_t seed, uint32_t what, double probability, uint64_t n ) {
  return (double)pl_hash32( seed, 0U, what, n ) < probability * 4294967296.0;
}

static unsigned long
expect( place_t * want, unsigned long n, uint32_t seed, double loss, double duplicate, double reorder ) {
  unsigned long cnt = 0UL;
  for( uint64_t i = 0UL; i < n; i++ ) {
    if( decided( seed, 1U, loss, i ) ) continue;
    int held      = decided( seed, 3U, reorder, i );
    want[cnt++]   = (place_t){ .after = held ? i + 3UL : i, .held = (uint64_t)held, .n = i };
    if( decided( seed, 2U, duplicate, i ) ) want[cnt] = want[cnt - 1UL], cnt++;
  }
  qsort( want, cnt, sizeof( *want ), by_place );
  return cnt;
}

static void
compare( char const * path, place_t const * want, unsigned long cnt ) {
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  if( CHECK_EQ( f.cnt, cnt ) )
    for( unsigned long i = 0UL; i < cnt; i++ )
      if( !CHECK( frames_match( &f, i, f.at[i].sz, want[i].n ) ) ) break;
  frames_free( &f );
}

static struct {
  double loss, duplicate, reorder, seed;
} const models[] = {
    { 0.0, 0.0, 0.05, 1.0 }, { 0.0, 0.0, 0.5, 1.0 }, { 0.0, 0.0, 1.0, 1.0 },  { 0.0, 0.3, 0.3, 2.0 },
    { 0.3, 0.0, 0.4, 3.0 },  { 0.2, 0.2, 0.2, 4.0 }, { 0.5, 0.9, 0.9, 5.0 },
};
#define MODELS ( sizeof( models ) / sizeof( models[0] ) )

static void
order( void ) {
  static place_t want[2000];
  for( unsigned long m = 0UL; m < MODELS; m++ ) {
    char const *   path = files_new();
    pl_backend_t * b    = open_loopback( "loss", models[m].loss, "duplicate", models[m].duplicate, "reorder",
                                         models[m].reorder, "seed", models[m].seed, NULL );
    record_peer( b, path );
    pass( b, 1000UL );
    unsigned long cnt =
        expect( want, 1000UL, (uint32_t)models[m].seed, models[m].loss, models[m].duplicate, models[m].reorder );
    CHECK_EQ( b->received, cnt );
    pl_backend_close( b );
    compare( path, want, cnt );
  }
}

/* One packet held back, seen alone: 0 1 2 [3] 4 5 6 3 7. */
static void
gap_of_three( void ) {
  uint32_t seed = 0U;
  for( ;; seed++ ) { /* a seed that holds back packet 3 only, of the first eight */
    int right = 1;
    for( uint64_t i = 0UL; i < 8UL; i++ ) right &= decided( seed, 3U, 0.1, i ) == ( i == 3UL );
    if( right ) break;
  }
  char const *   path = files_new();
  pl_backend_t * b    = open_loopback( "reorder", 0.1, "seed", (double)seed, NULL );
  record_peer( b, path );
  for( uint64_t i = 0UL; i < 8UL; i++ ) {
    CHECK_EQ( send_frames( b, i, 1UL, 20UL, 1, NULL ), PL_AIO_SUCCESS );
    (void)b->def->service( b, pl_clock_ns() );
    CHECK_EQ( b->received, i < 3UL ? i + 1UL : i < 6UL ? i : i + 1UL );
    CHECK_EQ( b->completed, i + 1UL ); /* it left the ring all the same */
  }
  pl_backend_close( b );
  static uint64_t const want[8] = { 0UL, 1UL, 2UL, 4UL, 5UL, 6UL, 3UL, 7UL };
  frames_t              f       = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 8UL );
  for( unsigned long i = 0UL; i < f.cnt; i++ ) CHECK( frames_match( &f, i, 20UL, want[i] ) );
  frames_free( &f );
}

/* What is held back at the end goes with settle, and with close. */
static void
settled( void ) {
  for( int by_close = 0; by_close < 2; by_close++ ) {
    char const *   path = files_new();
    pl_backend_t * b    = open_loopback( "reorder", 1.0, NULL );
    record_peer( b, path );
    CHECK_EQ( send_frames( b, 0UL, 2UL, 20UL, 1, NULL ), PL_AIO_SUCCESS );
    (void)b->def->service( b, pl_clock_ns() );
    CHECK_EQ( b->received, 0UL );
    if( !by_close ) {
      b->def->settle( b );
      CHECK_EQ( b->received, 2UL );
    }
    pl_backend_close( b );
    compare( path, ( place_t const[] ){ { .n = 0UL }, { .n = 1UL } }, 2UL );
  }
}

/* Moves what a pipe holds to a file. */
static void
pour( int from, int to ) {
  char    buf[65536];
  ssize_t n;
  while( ( n = read( from, buf, sizeof( buf ) ) ) > 0 ) CHECK_EQ( write( to, buf, (size_t)n ), n );
}

/* A peer that records into a pipe nobody reads for a while: every decision is
   made once and nothing is lost. */
static void
slow_recorder( void ) {
  static place_t want[2000];
  for( unsigned long m = 0UL; m <= MODELS; m++ ) { /* the last one without a model */
    double         loss = m < MODELS ? models[m].loss : 0.0, dup = m < MODELS ? models[m].duplicate : 0.0;
    double         reorder = m < MODELS ? models[m].reorder : 0.0, seed = m < MODELS ? models[m].seed : 1.0;
    char const *   fifo = files_new();
    char const *   path = files_new();
    CHECK( !mkfifo( fifo, 0600 ) );
    int            in  = open( fifo, O_RDONLY | O_NONBLOCK );
    int            out = open( path, O_WRONLY | O_CREAT, 0600 );
    pl_backend_t * b =
        open_loopback( "ring", 200.0, "loss", loss, "duplicate", dup, "reorder", reorder, "seed", seed, NULL );
    record_peer( b, fifo );
    CHECK_EQ( send_frames( b, 0UL, 200UL, 4000UL, 1, NULL ), PL_AIO_SUCCESS );
    unsigned long waits = 0UL;
    while( !b->def->idle( b ) && waits < 1000UL ) {
      uint64_t now  = pl_clock_ns();
      uint64_t next = b->def->service( b, now );
      if( b->def->idle( b ) ) break;
      CHECK( next > now && next < UINT64_MAX );
      uint64_t stuck = b->received;
      (void)b->def->service( b, now );
      CHECK_EQ( b->received, stuck );
      pour( in, out );
      waits++;
    }
    CHECK( waits > 0UL && waits < 1000UL );
    pour( in, out );
    b->def->settle( b );
    pour( in, out );
    unsigned long cnt = expect( want, 200UL, (uint32_t)seed, loss, dup, reorder );
    CHECK_EQ( b->received, cnt );
    pl_backend_close( b );
    pour( in, out );
    close( in );
    close( out );
    compare( path, want, cnt );
  }
}

int
main( void ) {
  tap_run( "loss and duplicates by seed", figures );
  tap_run( "the order by seed", order );
  tap_run( "a packet held back comes after exactly three later ones", gap_of_three );
  tap_run( "what is held back at the end goes with settle and with close", settled );
  tap_run( "a recorder without room loses nothing", slow_recorder );
  return tap_end();
}
