#include "os/datagram.h"
#include "os/thread.h"
#include "run/clock.h"

#ifndef PL_OS_LINUX

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL (0) /* datagrams raise no SIGPIPE */
#endif

void
pl_os_runner_thread( void ) {} /* POSIX has priorities of processes only */

int
pl_os_cond_init( pthread_cond_t * cond ) {
  return pthread_cond_init( cond, NULL );
}

void
pl_os_cond_wait( pthread_cond_t * cond, pthread_mutex_t * lock, uint64_t then ) {
  uint64_t now = pl_clock_ns();
  if( then <= now ) return;
  uint64_t              wall = pl_clock_wall_ns() + ( then - now );
  struct timespec const at   = { .tv_sec = (time_t)( wall / 1000000000UL ), .tv_nsec = (long)( wall % 1000000000UL ) };
  pthread_cond_timedwait( cond, lock, &at );
}

int const pl_os_has_late_errors = 0;
int const pl_os_has_cut         = 0;

int
pl_os_udp_report( int fd, int family ) {
  (void)fd, (void)family;
  return 0;
}

void
pl_os_udp_cut( struct msghdr * msg, pl_os_segment_t * segment, uint16_t sz ) {
  (void)msg, (void)segment, (void)sz;
}

int
pl_os_udp_socket( int family ) {
  int fd = socket( family, SOCK_DGRAM, 0 );
  if( fd < 0 ) return -1;
  if( !fcntl( fd, F_SETFD, FD_CLOEXEC ) && !fcntl( fd, F_SETFL, O_NONBLOCK ) ) return fd;
  int e = errno;
  close( fd );
  errno = e;
  return -1;
}

int
pl_os_udp_send( int fd, pl_os_datagram_t * msg, unsigned n, uint64_t * kicks ) {
  for( unsigned i = 0U; i < n; i++ ) {
    ssize_t sent = sendmsg( fd, &msg[i].msg_hdr, MSG_NOSIGNAL );
    ++*kicks;
    if( sent < 0 ) return i ? (int)i : -1;
    msg[i].msg_len = (unsigned)sent;
  }
  return (int)n;
}

unsigned
pl_os_udp_late( int fd, void ( *tell )( void * ctx, pl_os_late_t const * late ), void * ctx ) {
  (void)fd, (void)tell, (void)ctx;
  return 0U;
}

#endif /* !PL_OS_LINUX */
