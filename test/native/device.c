#include "device.h"
#include "frames.h"
#include "handed.h"
#include "net/monitor.h"
#include "net/port.h"
#include "run/clock.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>

static way_t const ways[] = { { "af_packet", "sendmmsg", "off" }, { "af_packet", "sendmmsg", "on" },
                              { "af_packet", "tx-ring", "off" },  { "af_packet", "tx-ring", "on" },
                              { "af_xdp", NULL, NULL },           { "tap", NULL, NULL } };

static pl_backend_t *
open_packet( way_t const * way, double ring, double sndbuf ) {
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

pl_backend_t *
open_device( way_t const * way, double ring, double sndbuf ) {
  if( is_xdp( way ) ) return open_xdp( ring );
  return is_tap( way ) ? open_tap() : open_packet( way, ring, sndbuf );
}

char const *
device_name( way_t const * way ) {
  return is_tap( way ) ? "pl0t" : "pl0a";
}

void
device_link( way_t const * way, int up ) {
  if( is_tap( way ) ) CHECK( handed_tap_link( up ) );
  else netns_link( PL_LAB_END_A, up );
  netns_await_of( PL_LAB_END_A, device_name( way ), up, up, -1L );
}

void
device_mtu( way_t const * way, unsigned mtu ) {
  if( is_tap( way ) ) CHECK( handed_tap_mtu( (int)mtu ) );
  else netns_mtu( mtu );
  netns_await_of( PL_LAB_END_A, device_name( way ), -1, -1, (long)mtu );
}

void
device_delete( way_t const * way ) {
  if( is_tap( way ) ) CHECK( handed_tap_delete() );
  else netns_delete();
}

void
device_create( way_t const * way, int there ) {
  static pl_device_t tap;
  if( is_tap( way ) && there ) CHECK( handed_tap( &tap ) );
  else if( is_tap( way ) ) netns_device_close( &tap );
  else if( there ) netns_create( 1500U );
}

int
offer( pl_backend_t * b, unsigned long sz, uint16_t ethertype ) {
  static uint8_t          bytes[65536];
  pl_aio_pkt_info_t const pkt = { .buf = bytes, .buf_sz = (uint16_t)sz };
  frame_fill( bytes, sz, 1UL, ethertype );
  return pl_aio_send( &b->aio, &pkt, 1UL, NULL, 1 );
}

uint64_t
device_missing( pl_backend_t const * b ) {
  /* What every backend on an interface begins with. */
  typedef struct {
    pl_backend_t head;
    pl_port_t    port;
  } common_t;
  common_t const * self = (common_t const *)b;
  uint64_t const   came = b->received + b->peer_dropped;
  return self->port.sent > came ? self->port.sent - came : 0UL;
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

/* Runs fn for the ways of a range that are held back, or all. */
static void
for_ways( unsigned from, unsigned to, int held, char const * what, void ( *fn )( void const * way ) ) {
  char const * why = netns_enter();
  for( unsigned i = from; i < to; i++ ) {
    way_t const * way     = &ways[i];
    char const *  without = why ? why : is_xdp( way ) ? handed_no_xdp() : is_tap( way ) ? handed_no_tap() : NULL;
    char          name[160];
    if( held && !is_held( way ) ) continue;
    if( way->mode ) snprintf( name, sizeof( name ), "%s %s qdisc-bypass=%s: %s", way->backend, way->mode, way->bypass, what );
    else snprintf( name, sizeof( name ), "%s: %s", way->backend, what );
    if( without ) tap_run_with( name, netns_skip, without );
    else tap_run_with( name, fn, way );
  }
}

void
for_all_ways( char const * what, void ( *fn )( void const * way ) ) {
  for_ways( 0U, 6U, 0, what, fn );
}

void
for_packet_ways( char const * what, void ( *fn )( void const * way ) ) {
  for_ways( 0U, 4U, 0, what, fn );
}

void
for_held_ways( char const * what, void ( *fn )( void const * way ) ) {
  for_ways( 0U, 6U, 1, what, fn );
}
