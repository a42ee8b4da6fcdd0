#include "run/ticker.h"

#include <stdio.h>
#include <string.h>

#define SPAN_NS (1000000UL) /* how long an anchor is good, and the shortest time a ratio is measured over */

/* Reading clock and counter together takes less; more means that something came
   between the two, and that they do not belong together. */
#define TOGETHER (4096UL)

/* A ratio is used when it differs from the one measured before by at most this part of
   it: else the counter jumped in one of the two. */
#define AGREE (256UL)

void
pl_ticker_start( pl_ticker_t * self ) {
  memset( self, 0, sizeof( *self ) );
#if defined( __x86_64__ ) && defined( __linux__ )
  char   source[16] = "";
  FILE * file       = fopen( "/sys/devices/system/clocksource/clocksource0/current_clocksource", "re" );
  if( !file ) return;
  self->counts = fgets( source, sizeof( source ), file ) && !strcmp( source, "tsc\n" );
  fclose( file );
#endif
}

/* Takes the clock as it is now for the anchor, if the counter can be used. */
static uint64_t
anchor( pl_ticker_t * self ) {
  uint64_t ns = pl_clock_ns();
  self->span  = 0UL;
#ifdef __x86_64__
  for( int i = 0; self->counts && i < 4; i++ ) {
    uint64_t before = __builtin_ia32_rdtsc();
    ns              = pl_clock_ns();
    uint64_t after  = __builtin_ia32_rdtsc();
    if( after - before > TOGETHER ) continue;
    self->ns    = ns;
    self->ticks = before + ( after - before ) / 2UL;
    if( ns - self->from_ns >= SPAN_NS ) {
      uint64_t ticks   = self->ticks - self->from_ticks;
      uint64_t before  = self->measured;
      self->measured   = (uint64_t)( ( (unsigned __int128)( ns - self->from_ns ) << 32 ) / ( ticks ? ticks : 1UL ) );
      uint64_t apart   = before > self->measured ? before - self->measured : self->measured - before;
      self->ratio      = apart <= self->measured / AGREE ? self->measured : 0UL;
      self->from_ns    = ns;
      self->from_ticks = self->ticks;
    }
    if( self->ratio ) self->span = ( SPAN_NS << 32 ) / self->ratio;
    break;
  }
#endif
  return ns;
}

uint64_t
pl_ticker_look( pl_ticker_t * self ) {
  uint64_t ns = anchor( self );
  if( ns > self->last ) self->last = ns;
  return self->last;
}
