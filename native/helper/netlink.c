#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *
nl_start( nl_msg_t * msg, uint16_t type, uint16_t flags, size_t sz ) {
  memset( msg, 0, sizeof( *msg ) );
  msg->head = (struct nlmsghdr){
      .nlmsg_len = NLMSG_LENGTH( sz ), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };
  return NLMSG_DATA( &msg->head );
}

/* The next sz bytes of the message, aligned. */
static void *
grow( nl_msg_t * msg, size_t sz ) {
  size_t at           = NLMSG_ALIGN( msg->head.nlmsg_len );
  msg->head.nlmsg_len = (uint32_t)( at + sz );
  return msg->bytes + at;
}

void
nl_put( nl_msg_t * msg, uint16_t type, void const * data, size_t sz ) {
  struct rtattr * attr = grow( msg, RTA_LENGTH( sz ) );
  attr->rta_type       = type;
  attr->rta_len        = (uint16_t)RTA_LENGTH( sz );
  memcpy( RTA_DATA( attr ), data, sz );
}

void
nl_put_u32( nl_msg_t * msg, uint16_t type, uint32_t v ) {
  nl_put( msg, type, &v, sizeof( v ) );
}

void
nl_put_str( nl_msg_t * msg, uint16_t type, char const * v ) {
  nl_put( msg, type, v, strlen( v ) + 1UL );
}

struct rtattr *
nl_open( nl_msg_t * msg, uint16_t type ) {
  struct rtattr * attr = grow( msg, RTA_LENGTH( 0 ) );
  attr->rta_type       = type;
  return attr;
}

void *
nl_more( nl_msg_t * msg, size_t sz ) {
  return grow( msg, sz );
}

void
nl_close( nl_msg_t * msg, struct rtattr * attr ) {
  attr->rta_len = (uint16_t)( msg->bytes + msg->head.nlmsg_len - (char *)attr );
}

int
nl_socket( uint32_t groups, int flags ) {
  int fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE );
  if( fd < 0 ) return -1;
  struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_groups = groups };
  if( !bind( fd, (struct sockaddr *)&self, sizeof( self ) ) ) return fd;
  int err = errno;
  close( fd );
  errno = err;
  return -1;
}

int
nl_ask( int fd, nl_msg_t * msg, void * answer, size_t answer_sz ) {
  static uint32_t seq;
  msg->head.nlmsg_seq = ++seq;
  if( !answer ) msg->head.nlmsg_flags |= NLM_F_ACK;
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  while( sendto( fd, msg, msg->head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof( kernel ) ) < 0 )
    if( errno != EINTR ) return errno;
  for( ;; ) {
    union {
      struct nlmsghdr head;
      char            bytes[16384];
    } got;
    ssize_t n = recv( fd, &got, sizeof( got ), 0 );
    if( n < 0 && errno == EINTR ) continue;
    if( n < 0 ) return errno;
    if( !NLMSG_OK( &got.head, (size_t)n ) || got.head.nlmsg_seq != seq ) continue;
    if( got.head.nlmsg_type == NLMSG_ERROR ) return -( (struct nlmsgerr *)NLMSG_DATA( &got.head ) )->error;
    if( !answer ) continue;
    if( got.head.nlmsg_len > answer_sz ) return EMSGSIZE;
    memcpy( answer, &got, got.head.nlmsg_len );
    return 0;
  }
}
