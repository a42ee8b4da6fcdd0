/* device.h: af_packet on the veth pair of netns.h, for tests of it. */

#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include "net/monitor.h"
#include "netns.h"
#include "pl_backend.h"

/* One way to send. */
typedef struct {
  char const * mode;   /* "sendmmsg" or "tx-ring" */
  char const * bypass; /* "off" or "on" */
} way_t;

#define WAYS (4)
extern way_t const ways[WAYS];

static inline int
is_ring( way_t const * way ) {
  return way->mode[0] == 't';
}

static inline int
is_bypass( way_t const * way ) {
  return way->bypass[1] == 'n';
}

/* Opens it; ring and sndbuf 0 leave the defaults.  A failure is a failed check. */
pl_backend_t * open_device( way_t const * way, double ring, double sndbuf );

/* Services it until everything that was sent has arrived, or nothing more will. */
void move_all( pl_backend_t * b );

/* Services it until cond holds, for 10 s at most: whether it does. */
#define MOVE_UNTIL( b, cond )                                                                                         \
  do {                                                                                                                \
    for( int tries_ = 0; tries_ < 50000 && !( cond ); tries_++ ) move_once( b );                                      \
    CHECK( cond );                                                                                                    \
  } while( 0 )
void move_once( pl_backend_t * b );

/* Runs fn for every way, named what. */
void for_all_ways( char const * what, void ( *fn )( void const * way ) );

#endif /* TEST_DEVICE_H */
