/* link_facts.h: what the kernel tells anybody about an interface: of the caller's own
   network namespace, or of the one that two sockets are of.  Asks only; nothing is
   changed and no right is needed. */

#ifndef PL_NET_LINK_FACTS_H
#define PL_NET_LINK_FACTS_H

#include <stdint.h>

#define PL_LINK_WORD (32UL)

enum { PL_OFFLOAD_TSO = 1, PL_OFFLOAD_GSO = 2, PL_OFFLOAD_GRO = 4, PL_OFFLOAD_LRO = 8 };

typedef struct pl_link_facts {
  uint32_t ifindex; /* 0 = there is no such interface, and nothing else is told */
  uint32_t mtu;
  int      up, carrier; /* IFF_UP, IFF_LOWER_UP */
  char     qdisc[PL_LINK_WORD];  /* of the interface itself, as in "noqueue"; "" = not told */
  char     driver[PL_LINK_WORD]; /* as ethtool names it; "" = not told */
  uint32_t tx_queues, rx_queues; /* 0 = not told */
  int      xdp_attached;         /* an XDP program is on the interface */
  int      xdp_native;           /* 1 = the driver runs XDP, 0 = it does not, -1 = not told (before Linux 6.3) */
  int      xdp_zero_copy;        /* likewise, AF_XDP without copying */
  int      threaded;             /* likewise, it polls on threads of its own (before Linux 6.8) */
  uint32_t queue_limit;          /* packets that a pfifo of its queue discipline may hold; 0 = there is none */
  uint32_t offloads;             /* PL_OFFLOAD_* that are on */
} pl_link_facts_t;

/* Fills facts.  Returns 0, or the errno of the socket that could not be opened; what
   the kernel does not tell is left as not told. */
int pl_link_facts( char const * name, pl_link_facts_t * facts );

/* The same of the network namespace that the sockets are of: an rtnetlink socket and a
   generic netlink socket, both blocking and joined to no group. */
void pl_link_facts_by( int route, int generic, char const * name, pl_link_facts_t * facts );

#endif /* PL_NET_LINK_FACTS_H */
