#include "device.h"
#include "net/monitor.h"
#include "run/clock.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>

way_t const ways[WAYS] = { { "sendmmsg", "off" }, { "sendmmsg", "on" }, { "tx-ring", "off" }, { "tx-ring", "on" } };

pl_backend_t *
open_device( way_t const * way, double ring, double sndbuf ) {
  pl_opt_t const opts[] = { { "mode", 0, way->mode },
                            { "qdisc-bypass", 0, way->bypass },
                            { "ring", ring > 0.0 ? ring : 256.0, NULL },
                            { "sndbuf", sndbuf, NULL } };
  pl_device_t    device;
  pl_err_t       err = { 0 };
  if( !netns_device( &device ) ) return NULL;
  pl_backend_t * b = pl_backend_open_on( "af_packet", opts, 4UL, &device, &err );
  if( b ) return b;
  CHECK_STR( err.sentence, "" );
  netns_device_close( &device );
  return NULL;
}

void
move_once( pl_backend_t * b ) {
  (void)b->def->service( b, pl_clock_ns() );
  breathe();
}

void
move_all( pl_backend_t * b ) {
  MOVE_UNTIL( b, b->def->idle( b ) );
}

void
for_all_ways( char const * what, void ( *fn )( void const * way ) ) {
  for( int i = 0; i < WAYS; i++ ) {
    char name[160];
    snprintf( name, sizeof( name ), "%s qdisc-bypass=%s: %s", ways[i].mode, ways[i].bypass, what );
    tap_run_with( name, fn, &ways[i] );
  }
}
