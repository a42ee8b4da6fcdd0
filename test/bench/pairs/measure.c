/* measure: times one pair in turns, ours bare ours bare, and prints a line for each
   round: ns per packet of ours and of the bare side.

     measure PAIR[:OF] BYTES BATCH ROUNDS ROUND_MS FOLDER [HELPER]

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
#include <unistd.h>

#define TURN_NS (20e6)

static pair_t const * const pairs[] = { &pair_send, &pair_runner, &pair_loopback, &pair_pcapng, &pair_reader, &pair_nic };

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

void
pair_pin( int last ) {
  cpu_set_t all;
  int const cnt = (int)sysconf( _SC_NPROCESSORS_CONF );
  for( int i = 0; i < cnt; i++ ) {
    CPU_ZERO( &all );
    CPU_SET( last ? cnt - 1 - i : i, &all );
    if( !sched_setaffinity( 0, sizeof( all ), &all ) ) return;
  }
  fprintf( stderr, "Not pinned to a CPU: %s.\n", strerror( errno ) );
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

/* The pair of that name, and which of several in cfg. */
static pair_t const *
find( char const * name, pair_cfg_t * cfg ) {
  unsigned long const sz = strcspn( name, ":" );
  cfg->of                = name[sz] ? name + sz + 1UL : "";
  for( unsigned long i = 0UL; i < sizeof( pairs ) / sizeof( pairs[0] ); i++ )
    if( strlen( pairs[i]->name ) == sz && !memcmp( pairs[i]->name, name, sz ) ) return pairs[i];
  return NULL;
}

int
main( int argc, char ** argv ) {
  pair_cfg_t     cfg    = { 0 };
  pair_t const * pair   = argc < 7 || argc > 8 ? NULL : find( argv[1], &cfg );
  int const      is_rx  = argc == 8 && !strncmp( argv[1], "receive:", 8UL );
  unsigned long  rounds = 0UL;
  double         ms     = 0.0;
  if( pair || is_rx ) {
    cfg.sz     = strtoul( argv[2], NULL, 10 );
    cfg.batch  = strtoul( argv[3], NULL, 10 );
    cfg.dir    = argv[6];
    cfg.helper = argv[7]; /* NULL at the end */
    rounds     = strtoul( argv[4], NULL, 10 );
    ms         = strtod( argv[5], NULL );
  }
  if( cfg.sz < 14UL || cfg.sz > PL_AIO_PKT_INFO_BUF_MAX || cfg.batch < 1UL || cfg.batch > 4096UL || !rounds || ms <= 0.0 ) {
    fprintf( stderr, "usage: measure PAIR[:OF] BYTES BATCH ROUNDS ROUND_MS FOLDER [HELPER]\n" );
    return 2;
  }
  pair_pin( 1 );
  (void)setpriority( PRIO_PROCESS, 0, 5 );
  if( is_rx ) return receive_measure( &cfg, rounds, ms * 1e6 );
  int    skip = 0;
  void * self = pair->open( &cfg, &skip );
  if( !self ) return skip ? EXIT_SKIP : 1;
  int bad = measure( pair, self, cfg.batch, rounds, ms * 1e6 );
  pair->close( self );
  return bad ? 1 : 0;
}
