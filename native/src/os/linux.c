#include "os/datagram.h"
#include "os/thread.h"

#ifdef PL_OS_LINUX

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void
pl_os_runner_thread( void ) {
  (void)prctl( PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL );
  (void)setpriority( PRIO_PROCESS, (id_t)syscall( SYS_gettid ), 5 );
}

int
pl_os_cond_init( pthread_cond_t * cond ) {
  pthread_condattr_t attr;
  pthread_condattr_init( &attr );
  pthread_condattr_setclock( &attr, CLOCK_MONOTONIC );
  int err = pthread_cond_init( cond, &attr );
  pthread_condattr_destroy( &attr );
  return err;
}

void
pl_os_cond_wait( pthread_cond_t * cond, pthread_mutex_t * lock, uint64_t then ) {
  struct timespec const at = { .tv_sec = (time_t)( then / 1000000000UL ), .tv_nsec = (long)( then % 1000000000UL ) };
  pthread_cond_timedwait( cond, lock, &at );
}

int const pl_os_has_late_errors = 1;

int const pl_os_has_cut = 1;

int
pl_os_udp_socket( int family ) {
  return socket( family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 );
}

int
pl_os_udp_report( int fd, int family ) {
  int one = 1;
  return family == AF_INET ? setsockopt( fd, IPPROTO_IP, IP_RECVERR, &one, sizeof( one ) )
                           : setsockopt( fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof( one ) );
}

void
pl_os_udp_cut( struct msghdr * msg, pl_os_segment_t * segment, uint16_t sz ) {
  segment->head       = (struct cmsghdr){ .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN( sizeof( sz ) ) };
  msg->msg_control    = segment->bytes;
  msg->msg_controllen = CMSG_SPACE( sizeof( sz ) );
  memcpy( CMSG_DATA( &segment->head ), &sz, sizeof( sz ) );
}

int
pl_os_udp_send( int fd, pl_os_datagram_t * msg, unsigned n, uint64_t * kicks ) {
  ++*kicks;
  return sendmmsg( fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL );
}

unsigned
pl_os_udp_late( int fd, void ( *tell )( void * ctx, pl_os_late_t const * late ), void * ctx ) {
  unsigned cnt = 0U;
  for( ;; ) {
    union {
      struct sockaddr_in  v4;
      struct sockaddr_in6 v6;
    } to;
    char          control[512], data[1];
    struct iovec  iov = { .iov_base = data, .iov_len = sizeof( data ) };
    struct msghdr msg = { .msg_name    = &to,
                          .msg_namelen = sizeof( to ),
                          .msg_iov     = &iov,
                          .msg_iovlen  = 1,
                          .msg_control = control,
                          .msg_controllen = sizeof( control ) };
    memset( &to, 0, sizeof( to ) );
    if( recvmsg( fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT ) < 0 ) return cnt;
    for( struct cmsghdr * c = CMSG_FIRSTHDR( &msg ); c; c = CMSG_NXTHDR( &msg, c ) ) {
      int v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
      int v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
      if( !v4 && !v6 ) continue;
      struct sock_extended_err err;
      memcpy( &err, CMSG_DATA( c ), sizeof( err ) );
      cnt++;
      tell( ctx, &(pl_os_late_t){ .v4   = v4,
                                  .to   = to.v4.sin_addr,
                                  .port = v4 ? to.v4.sin_port : to.v6.sin6_port,
                                  .err  = (int)err.ee_errno } );
    }
  }
}

#endif /* PL_OS_LINUX */
