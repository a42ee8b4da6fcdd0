/* netns.h: two network namespaces of this test program's own, joined by a veth pair:
   pl0a in the one, pl0b in the other.  They go with the process; no frame can reach
   anything else. */

#ifndef TEST_NETNS_H
#define TEST_NETNS_H

#include "net/monitor.h"
#include "pl_device.h"

/* Makes both and enters the first, at the first call, while the process has one thread.  As root
   these are plain namespaces, else those of a user namespace of its own.  NULL, or why
   it can not be done here. */
char const * netns_enter( void );

/* A case that is skipped for that reason. */
void netns_skip( void const * why );

/* Sockets on pl0a (sending) and pl0b (receiving), as the lab hands them over, and the
   monitor, which all share.  A failure is a failed check (1, or 0). */
int  netns_device( pl_device_t * device );
void netns_device_close( pl_device_t const * device ); /* of one that no backend took */

/* Goes into the namespace of end: sockets made now belong to it.  1, or 0 (failed check). */
int netns_go( unsigned end );

/* Adds to device what is known about the interface of that name in the namespace of end,
   which is then the one that is sent to. */
int netns_describe( pl_device_t * device, unsigned end, char const * name );

/* A packet socket that receives all that comes to the interface of that name. */
int netns_receiver( unsigned end, char const * name );

/* What may become of the pair.  A failure is a failed check. */
void netns_link( unsigned end, int up );
void netns_mtu( unsigned mtu ); /* of both ends */
void netns_mtu_of( unsigned end, unsigned mtu );
void netns_delete( void );
int  netns_remove( unsigned end, char const * name ); /* any interface: 1, or 0 (failed check) */
void netns_create( unsigned mtu ); /* up, without IPv6, which would send by itself */

/* Runs a command line in the namespace of end.  1 when its program is there and says
   that it went well. */
int netns_command( unsigned end, char const * command );

/* The monitor, polled until the end is as wanted (up, carrier, mtu; -1 = any), for 10 s
   at most.  A failure is a failed check. */
void netns_await( unsigned end, int up, int carrier, long mtu );
void netns_await_of( unsigned end, char const * name, int up, int carrier, long mtu ); /* of that interface */

#endif /* TEST_NETNS_H */
