/* handed.h: AF_XDP sockets, TAP devices and UDP sockets in the namespaces of netns.h, as
   the lab hands them over, and the backends on them. */

#ifndef TEST_HANDED_H
#define TEST_HANDED_H

#include "device.h"

/* Each fills device; a failure is a failed check (1, or 0).  What no backend took is for
   netns_device_close. */
int handed_xdp( pl_device_t * device, uint32_t frames, uint32_t slots );
int handed_tap( pl_device_t * device ); /* "pl0t", MTU 1500, in the first namespace */
int handed_udp( pl_device_t * device ); /* 198.18.0.1 here, 198.18.0.2 there; needs ip */

/* What may become of the TAP device. */
int handed_tap_link( int up );
int handed_tap_mtu( int mtu );
int handed_tap_delete( void );

/* Why there can be no TAP device or AF_XDP socket here, or NULL. */
char const * handed_no_tap( void );
char const * handed_no_xdp( void );

/* Opens the backend of that name on a device just handed over, with options given as
   name, value pairs, NULL at the end.  A failure is a failed check. */
pl_backend_t * open_on( char const * backend, pl_device_t const * device, ... );

/* af_xdp with that option ring: 0 leaves the default. */
pl_backend_t * open_xdp( double ring );
pl_backend_t * open_tap( void );


#endif /* TEST_HANDED_H */
