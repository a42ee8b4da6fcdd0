/* datagram.h: UDP sockets: many datagrams at a time, and errors that come back for
   earlier ones, where the system has either. */

#ifndef PL_OS_DATAGRAM_H
#define PL_OS_DATAGRAM_H

#include "os/os.h"

#include <netinet/in.h>
#include <sys/socket.h>

#ifdef PL_OS_LINUX
typedef struct mmsghdr pl_os_datagram_t;
#else
typedef struct {
  struct msghdr msg_hdr;
  unsigned      msg_len;
} pl_os_datagram_t;
#endif

/* An error that the system reports for an earlier datagram. */
typedef struct {
  int                 v4; /* else ::1, the only IPv6 destination there is */
  struct in_addr      to;
  in_port_t           port; /* network order */
  int                 err;
} pl_os_late_t;

/* Whether late errors are reported at all. */
extern int const pl_os_has_late_errors;

/* Room for what pl_os_udp_cut adds to a message. */
typedef union {
  struct cmsghdr head;
  char           bytes[64];
} pl_os_segment_t;

/* Whether a message can be cut into datagrams of sz bytes, and has a message cut so. */
extern int const pl_os_has_cut;
void             pl_os_udp_cut( struct msghdr * msg, pl_os_segment_t * segment, uint16_t sz );

/* Has a socket report late errors if the system can.  0, or -1 with errno. */
int pl_os_udp_report( int fd, int family );

/* An unconnected, non-blocking socket; -1 with errno. */
int pl_os_udp_socket( int family );

/* Sends up to n datagrams without waiting and adds to *kicks the system calls it took.
   Returns how many went, or -1 with errno when the first did not. */
int pl_os_udp_send( int fd, pl_os_datagram_t * msg, unsigned n, uint64_t * kicks );

/* Reads the late errors that are waiting and tells each.  Returns how many. */
unsigned pl_os_udp_late( int fd, void ( *tell )( void * ctx, pl_os_late_t const * late ), void * ctx );

#endif /* PL_OS_DATAGRAM_H */
