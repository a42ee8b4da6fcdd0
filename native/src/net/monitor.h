/* monitor.h: what becomes of the interfaces of a lab: there, up, with carrier, MTU, with a
   queue.

   The kernel tells a socket of each namespace (rtnetlink, groups RTMGRP_LINK and
   RTMGRP_TC).  Any thread may poll; one of them reads and the others go on.  What is known is one
   atomic word per interface, so a look never waits. */

#ifndef PL_MONITOR_H
#define PL_MONITOR_H

#include "pl_lab.h"

typedef struct pl_monitor pl_monitor_t;

/* One interface.  Without IFF_UP there is no carrier either. */
typedef struct {
  int      up;      /* IFF_UP */
  int      carrier; /* IFF_LOWER_UP: for a veth, its peer is up as well; told up to a second late */
  int      queue;   /* it has a queue discipline that frames wait in, so it can be full */
  uint32_t mtu;     /* bytes after the Ethernet header */
  uint32_t peer;    /* of a veth: the number of its other end, in the other namespace; else 0 */
} pl_link_t;

/* Interfaces a namespace may have. */
#define PL_MONITOR_LINKS (128UL)

/* Takes over the rtnetlink sockets of end a's and end b's namespace and asks each for
   all its interfaces.  NULL when memory ran out; then the sockets stay the caller's. */
pl_monitor_t * pl_monitor_new( int const fd[2] );

/* Whoever keeps it holds it, and lets go of it once: a backend may outlive its lab.
   NULL is fine. */
pl_monitor_t * pl_monitor_hold( pl_monitor_t * self );
void           pl_monitor_release( pl_monitor_t * self );

/* The lab is no more: from here on none of its interfaces is there.  Any thread. */
void pl_monitor_end( pl_monitor_t * self );
int  pl_monitor_ended( pl_monitor_t const * self );

/* Reads what the kernel has told since, without waiting. */
void pl_monitor_poll( pl_monitor_t * self );

/* The interface with that index in the namespace of end (PL_LAB_END_*): 1 with *link;
   0 when it is not there; -1 while nothing is known yet. */
int pl_monitor_link( pl_monitor_t const * self, unsigned end, uint32_t ifindex, pl_link_t * link );

#endif /* PL_MONITOR_H */
