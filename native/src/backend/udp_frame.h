/* udp_frame.h: what of a crafted frame a UDP socket can send. */

#ifndef PL_UDP_FRAME_H
#define PL_UDP_FRAME_H

#include <netinet/in.h>
#include <stdint.h>

/* Why a frame is not sendable over a UDP socket. */
enum {
  PL_UDP_OK = 0,
  PL_UDP_SHORT,       /* headers or lengths reach beyond the frame */
  PL_UDP_NOT_UDP,     /* not IPv4 or IPv6 with UDP */
  PL_UDP_FRAGMENT,    /* a fragment has no whole datagram */
  PL_UDP_LENGTH,      /* udp.length is under 8 or beyond the IP payload */
  PL_UDP_DESTINATION, /* not a loopback address, and none of the lab's */
};

typedef struct {
  int             family; /* AF_INET or AF_INET6 */
  uint16_t        port;   /* network order */
  struct in6_addr dst;    /* IPv4 in the first four bytes */
  uint8_t const * payload;
  uint16_t        payload_sz;
} pl_udp_frame_t;

/* Reads Ethernet II (802.1Q and 802.1ad tags are passed over), IPv4 (RFC 791) or
   IPv6 with extension headers (RFC 8200), and UDP (RFC 768).  The payload has
   udp.length - 8 bytes, padding is left out.  lab are two IPv4 destinations that are
   allowed beside loopback ones; 0: none.  Returns PL_UDP_OK or why not. */
int pl_udp_frame( uint8_t const * buf, unsigned long buf_sz, struct in_addr const lab[2], pl_udp_frame_t * out );

#endif /* PL_UDP_FRAME_H */
