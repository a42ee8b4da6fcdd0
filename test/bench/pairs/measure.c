/* measure: times one pair in turns, ours bare ours bare, and prints a line for each
   round: ns per packet of ours and of the bare side.

     measure PAIR BYTES BATCH ROUNDS ROUND_MS FOLDER

   A round is many short turns, so that a machine that drifts drifts for both; it
   ends when each side has had its time.  Who goes first changes with every round.
   Pinned to the last CPU this process may use, at the priority of a run's thread. */

#include "pair.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TURN_NS (20e6)

#define EXIT_SKIP (3) /* this machine cannot measure it; stderr says why */

static pair_t const * const pairs[] = { &pair_send, &pair_runner, &pair_loopback, &pair_pcapng, &pair_reader };

typedef double (*side_t)( void * self, uint64_t * units );

/* Finds how many packets make a turn; what is touched first is touched here. */
static int
calibrate( side_t side, void * self, unsigned long batch, uint64_t * units ) {
  for( *units = batch;; *units *= 2UL ) {
    uint64_t n  = *units;
    double   ns = side( self, &n );
    if( ns < 0.0 ) return -1;
    if( ns >= TURN_NS || n < *units / 2UL ) return 0; /* long enough, or it does no more at a time */
    if( ns >= TURN_NS / 8.0 ) {
      *units = (uint64_t)( (double)*units * TURN_NS / ns ) + batch;
      return 0;
    }
  }
}

static int
pin( void ) {
  cpu_set_t may;
  if( sched_getaffinity( 0, sizeof( may ), &may ) ) return -1;
  int cpu = CPU_SETSIZE - 1;
  while( cpu >= 0 && !CPU_ISSET( cpu, &may ) ) cpu--;
  CPU_ZERO( &may );
  CPU_SET( cpu, &may );
  return sched_setaffinity( 0, sizeof( may ), &may );
}

static int
measure( pair_t const * pair, void * self, unsigned long batch, unsigned long rounds, double round_ns ) {
  side_t const side[2] = { pair->ours, pair->bare };
  uint64_t     turn[2];
  for( int s = 0; s < 2; s++ )
    if( calibrate( side[s], self, batch, &turn[s] ) ) return -1;
  for( unsigned long round = 0UL; round < rounds; round++ ) {
    double   ns[2]    = { 0.0, 0.0 };
    uint64_t units[2] = { 0UL, 0UL };
    while( ns[0] < round_ns || ns[1] < round_ns )
      for( int i = 0; i < 2; i++ ) {
        int      s = (int)( ( (unsigned long)i + round ) & 1UL );
        uint64_t n = turn[s];
        double   t = side[s]( self, &n );
        if( t < 0.0 ) return -1;
        ns[s] += t;
        units[s] += n;
      }
    printf( "%.6f %.6f\n", ns[0] / (double)units[0], ns[1] / (double)units[1] );
    fflush( stdout );
  }
  return 0;
}

int
main( int argc, char ** argv ) {
  pair_t const * pair = NULL;
  for( unsigned long i = 0UL; argc == 7 && i < sizeof( pairs ) / sizeof( pairs[0] ); i++ )
    if( !strcmp( pairs[i]->name, argv[1] ) ) pair = pairs[i];
  pair_cfg_t    cfg    = { 0 };
  unsigned long rounds = 0UL;
  double        ms     = 0.0;
  if( pair ) {
    cfg    = (pair_cfg_t){ .sz = strtoul( argv[2], NULL, 10 ), .batch = strtoul( argv[3], NULL, 10 ), .dir = argv[6] };
    rounds = strtoul( argv[4], NULL, 10 );
    ms     = strtod( argv[5], NULL );
  }
  if( cfg.sz < 14UL || cfg.sz > PL_AIO_PKT_INFO_BUF_MAX || cfg.batch < 1UL || cfg.batch > 4096UL || !rounds || ms <= 0.0 ) {
    fprintf( stderr, "usage: measure PAIR BYTES BATCH ROUNDS ROUND_MS FOLDER\n" );
    return 2;
  }
  if( pin() ) fprintf( stderr, "Not pinned to a CPU: %s.\n", strerror( errno ) );
  (void)setpriority( PRIO_PROCESS, 0, 5 );
  int    skip = 0;
  void * self = pair->open( &cfg, &skip );
  if( !self ) return skip ? EXIT_SKIP : 1;
  int bad = measure( pair, self, cfg.batch, rounds, ms * 1e6 );
  pair->close( self );
  return bad ? 1 : 0;
}
