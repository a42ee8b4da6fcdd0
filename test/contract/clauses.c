#include "bench.h"

#include <stdio.h>

static unsigned long
largest( clause_subject_t const * subject ) {
  unsigned long sz = subject->mtu ? subject->mtu + 14UL : 1514UL;
  return sz < PL_AIO_PKT_INFO_BUF_MAX ? sz : PL_AIO_PKT_INFO_BUF_MAX;
}

void
clauses_run( clause_subject_t const * subject ) {
  static struct {
    char const * name;
    void ( *fn )( void const * c );
  } const clauses[] = {
      { "1 a batch of none is SUCCESS", clause_zero_batch },
      { "2 a packet of no bytes counts as sent", clause_zero_size },
      { "3 buffers may be the same or overlap", clause_overlapping },
      { "4 the input is not modified", clause_input_kept },
      { "5 nothing is retained", clause_nothing_retained },
      { "6 the order is kept", clause_order },
      { "7 SUCCESS means all, the index is untouched", clause_success_is_all },
      { "8 the index is in the caller's batch and optional", clause_index },
      { "9 INVAL blames one packet, AGAIN none", clause_inval_and_again },
      { "10 flush starts what is held back", clause_flush },
      { "11 the counters balance", clause_counters },
      { "sizes", clause_sizes },
  };
  unsigned long const sizes[2] = { 60UL, largest( subject ) };
  for( int s = 0; s < 2; s++ ) {
    if( s && sizes[1] == sizes[0] ) continue;
    for( unsigned long i = 0UL; i < sizeof( clauses ) / sizeof( clauses[0] ); i++ ) {
      char               name[160];
      bench_case_t const c = { .subject = subject, .sz = sizes[s] };
      snprintf( name, sizeof( name ), "%s, %lu B: clause %s", subject->name, sizes[s], clauses[i].name );
      if( clauses[i].fn == clause_sizes ) {
        if( s ) continue; /* it has sizes of its own */
        snprintf( name, sizeof( name ), "%s: sizes are accepted and refused at their limits", subject->name );
      }
      tap_run_with( name, clauses[i].fn, &c );
    }
  }
}
