/* device.h: every backend on an interface, in every mode, on the veth pair or the TAP device
   of netns.h, for tests that hold for all of them or for some. */

#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include "net/monitor.h"
#include "netns.h"
#include "pl_backend.h"

#include <string.h>

/* One way to send: af_packet has four. */
typedef struct {
  char const * backend;
  char const * mode;   /* af_packet: "sendmmsg" or "tx-ring"; else NULL */
  char const * bypass; /* af_packet: "off" or "on"; else NULL */
} way_t;

static inline int
is_ring( way_t const * way ) {
  return way->mode && way->mode[0] == 't';
}

static inline int
is_bypass( way_t const * way ) {
  return way->bypass && way->bypass[1] == 'n';
}

static inline int
is_xdp( way_t const * way ) {
  return !strcmp( way->backend, "af_xdp" );
}

static inline int
is_tap( way_t const * way ) {
  return !strcmp( way->backend, "tap" );
}

/* Whether frames that are not flushed wait in a ring. */
static inline int
is_held( way_t const * way ) {
  return is_ring( way ) || is_xdp( way );
}

/* Opens it; ring and sndbuf 0 leave the defaults.  A failure is a failed check. */
pl_backend_t * open_device( way_t const * way, double ring, double sndbuf );

/* The name of its interface, and what may become of that.  A failure is a failed check. */
char const * device_name( way_t const * way );
void         device_link( way_t const * way, int up ); /* returns when the monitor knows */
void         device_mtu( way_t const * way, unsigned mtu ); /* of both ends, likewise */
void         device_delete( way_t const * way );

/* After a deletion: a pair of that name again, or a TAP device (which is kept open until the
   next call, with 0). */
void device_create( way_t const * way, int there );

/* Offers one frame of sz bytes, with a flush.  Returns the code. */
int offer( pl_backend_t * b, unsigned long sz, uint16_t ethertype );

/* Frames the kernel has accepted that have not come out at the peer. */
uint64_t device_missing( pl_backend_t const * b );

/* Services it until everything that was sent has arrived, or nothing more will. */
void move_all( pl_backend_t * b );

/* Services it until cond holds, for 10 s at most: whether it does. */
#define MOVE_UNTIL( b, cond )                                                                                         \
  do {                                                                                                                \
    for( int tries_ = 0; tries_ < 50000 && !( cond ); tries_++ ) move_once( b );                                      \
    CHECK( cond );                                                                                                    \
  } while( 0 )
void move_once( pl_backend_t * b );

/* Runs fn for every way, or those of af_packet, or those that hold frames back; named what.
   Enters the namespaces first, and skips where it cannot. */
void for_all_ways( char const * what, void ( *fn )( void const * way ) );
void for_packet_ways( char const * what, void ( *fn )( void const * way ) );
void for_held_ways( char const * what, void ( *fn )( void const * way ) );

#endif /* TEST_DEVICE_H */
