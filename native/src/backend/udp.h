/* udp.h: the udp backend's own state, shared with its form in a lab (udp_lab.c). */

#ifndef PL_UDP_H
#define PL_UDP_H

#include "backend/udp_frame.h"
#include "os/datagram.h"
#include "pl_backend.h"

enum { PL_UDP_OPT_SNDBUF, PL_UDP_OPT_GSO, PL_UDP_OPT_PEER_RING, PL_UDP_OPT_CNT };

extern pl_opt_def_t const pl_udp_opts[PL_UDP_OPT_CNT];

/* Causes of an interface of a lab, all of them AGAIN; the others are udp.c's own. */
enum {
  PL_UDP_CAUSE_REMOVED = 1,
  PL_UDP_CAUSE_NO_CARRIER,
  PL_UDP_CAUSE_PEER_MTU, /* a: bytes of the frame, b: the peer's MTU */
  PL_UDP_CAUSE_QDISC_FULL,
  PL_UDP_CAUSE_NO_QUEUE,
  PL_UDP_CAUSE_END
};

/* Messages handed to the kernel in one system call, and packets in all of them. */
#define PL_UDP_SEND_MAX    (64U)
#define PL_UDP_PACKETS_MAX (1024U)

/* Values of gso. */
enum { PL_UDP_GSO_AUTO, PL_UDP_GSO_ON };

typedef struct pl_udp pl_udp_t;
struct pl_udp {
  pl_backend_t     head;
  int              fd[2];   /* AF_INET, AF_INET6; -1 when the family is missing */
  struct in_addr   lab[2];  /* its own and its peer's address, where there is a lab; 0: none */
  uint64_t         to_peer; /* datagrams sent to the second of them */
  unsigned         gso_max; /* bytes of the largest payload that goes as a segment; 0: none does */
  pl_os_datagram_t msg[PL_UDP_SEND_MAX];
  pl_os_segment_t  segment[PL_UDP_SEND_MAX];
  struct iovec     iov[PL_UDP_PACKETS_MAX];
  struct sockaddr_in6 to[PL_UDP_SEND_MAX]; /* large enough for both families */
  unsigned long    at[PL_UDP_SEND_MAX];    /* index of the message's first packet in the caller's batch */

  /* The network cannot be reached: sets the state. */
  void ( *unreachable )( pl_udp_t * self, int err );

  /* Why an interface had no room (ENOBUFS) for a datagram of so many bytes, 0 for a message of
     several: one of the causes above.  NULL: there is no interface that is known. */
  int ( *full )( pl_udp_t * self, unsigned long payload_sz );
};

/* Fills in what both forms have in common; the sockets are the caller's to add.  gso:
   whether messages are cut. */
void pl_udp_init( pl_udp_t * self, int gso );

int pl_udp_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
                 int flush );

/* Has the socket report late errors, and gives it its buffer.  0, or -1 with errno. */
int pl_udp_prepare( int fd, int family, pl_opt_vals_t const * vals );

void pl_udp_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz );

/* On an interface of a lab; Linux only. */
struct pl_device;
pl_backend_t * pl_udp_open_on( pl_opt_vals_t const * vals, struct pl_device const * device, pl_err_t * err );

#endif /* PL_UDP_H */
