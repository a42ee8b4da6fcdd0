/* netlink.h: rtnetlink messages, one request and its answer at a time (rtnetlink(7)). */

#ifndef HELPER_NETLINK_H
#define HELPER_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* A request being written. None here comes near the room there is. */
typedef union {
  struct nlmsghdr head;
  char            bytes[1024];
} nl_msg_t;

/* Starts a request: returns its body of sz bytes, zeroed. */
void * nl_start( nl_msg_t * msg, uint16_t type, uint16_t flags, size_t sz );

/* Appends an attribute, or opens one that holds attributes; nl_more gives room for a
   header of sz bytes inside it. */
void            nl_put( nl_msg_t * msg, uint16_t type, void const * data, size_t sz );
void            nl_put_u32( nl_msg_t * msg, uint16_t type, uint32_t v );
void            nl_put_str( nl_msg_t * msg, uint16_t type, char const * v );
struct rtattr * nl_open( nl_msg_t * msg, uint16_t type );
void *          nl_more( nl_msg_t * msg, size_t sz );
void            nl_close( nl_msg_t * msg, struct rtattr * attr );

/* A socket of the network namespace that the thread is in, joined to groups.  -1 =
   errno. */
int nl_socket( uint32_t groups, int flags );

/* Sends the request and waits for the answer: 0, or an errno.  Without answer it is a
   command and acknowledged; with it the one message asked for is put there. */
int nl_ask( int fd, nl_msg_t * msg, void * answer, size_t answer_sz );

#endif /* HELPER_NETLINK_H */
