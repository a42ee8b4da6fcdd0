/* udp: sends the payload of a crafted UDP packet over a socket, to loopback
   addresses only.  The kernel picks the source; the frame's MAC addresses, source,
   TTL and checksums are not used.

   flush: nothing is buffered; a flush reads the sockets' error queues.
   completed: datagrams the system accepted.

   An error that comes back later (a closed port answers ICMP port unreachable)
   belongs to an earlier datagram.  With IP_RECVERR it waits in the error queue and
   the next send fails once: the queue is read after every short or failed send,
   each entry counts as a late error, and the send goes on where it stopped.  Systems
   other than Linux report nothing of the kind on such a socket. */

#include "backend/udp_frame.h"
#include "os/datagram.h"
#include "run/clock.h"
#include "pl_backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_SNDBUF, OPT_CNT };

/* 0 leaves the size to the system. */
static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_SNDBUF] = { .name = "sndbuf", .kind = PL_OPT_BYTES, .min = 0, .max = 1073741824 } };

enum { CAUSE_BUF_MAX = 1, CAUSE_TINY, CAUSE_FRAME, CAUSE_NO_ROOM, CAUSE_DOWN, CAUSE_ERRNO, CAUSE_LATE };

/* Datagrams handed to the kernel in one system call. */
#define SEND_MAX (64U)

/* Sends that fail with an error of earlier datagrams are repeated this often at
   one packet before the errno is believed to be its own. */
#define LATE_MAX (256U)

typedef struct {
  pl_backend_t        head;
  int                 fd[2]; /* AF_INET, AF_INET6; -1 when the family is missing */
  pl_os_datagram_t    msg[SEND_MAX];
  struct iovec        iov[SEND_MAX];
  struct sockaddr_in6 to[SEND_MAX]; /* large enough for both families */
  unsigned long       at[SEND_MAX]; /* index in the caller's batch */
} udp_t;

static void
count_late( void * ctx, pl_os_late_t const * late ) {
  udp_t * self = ctx;
  self->head.late_errors++;
  self->head.late = (pl_cause_t){ .id = CAUSE_LATE,
                                  .a  = late->v4 ? late->to.s_addr : 0UL, /* 0: ::1 */
                                  .b  = ntohs( late->port ),
                                  .c  = (uint64_t)late->err };
}

/* Reads one error queue empty.  Returns how many entries it held. */
static unsigned
drain_errors( udp_t * self, int fd ) {
  return pl_os_udp_late( fd, count_late, self );
}

static void
drain_all( udp_t * self ) {
  for( int i = 0; i < 2; i++ )
    if( self->fd[i] >= 0 ) (void)drain_errors( self, self->fd[i] );
}

static void
put( udp_t * self, unsigned k, unsigned long i, pl_udp_frame_t const * f ) {
  struct sockaddr_in6 * to = &self->to[k];
  socklen_t             to_sz;
  memset( to, 0, sizeof( *to ) );
  if( f->family == AF_INET ) {
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = f->port };
    memcpy( &v4.sin_addr, &f->dst, 4UL );
    memcpy( to, &v4, sizeof( v4 ) );
    to_sz = sizeof( v4 );
  } else {
    to->sin6_family = AF_INET6;
    to->sin6_port   = f->port;
    to->sin6_addr   = f->dst;
    to_sz           = sizeof( *to );
  }
  self->iov[k] = (struct iovec){ .iov_base = (void *)(uintptr_t)f->payload, .iov_len = f->payload_sz };
  self->msg[k] = (pl_os_datagram_t){
      .msg_hdr = { .msg_name = to, .msg_namelen = to_sz, .msg_iov = &self->iov[k], .msg_iovlen = 1 } };
  self->at[k] = i;
}

/* What an errno of the packet at hand means.  0: it was an earlier packet's. */
static int
meaning( udp_t * self, int err, unsigned drained, unsigned * late ) {
  if( err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS ) return CAUSE_NO_ROOM;
  if( err == EINTR ) return 0;
  if( ( drained || err == ECONNREFUSED ) && ++*late < LATE_MAX ) return 0;
  if( err == ENETUNREACH || err == ENETDOWN ) {
    pl_state_t * state = &self->head.state;
    state->state       = PL_STATE_LINK_DOWN;
    state->err         = err;
    state->step        = "sendmmsg";
    snprintf( state->sentence, PL_SENTENCE_MAX, "The loopback interface is down (%s); bring it up.", strerror( err ) );
    return CAUSE_DOWN;
  }
  return CAUSE_ERRNO;
}

/* Sends the n messages in msg, all of one family.  Sets *done to how many went.
   Returns 0 or a cause for the next one. */
static int
send_run( udp_t * self, int fd, unsigned n, unsigned * done, int * err ) {
  unsigned late = 0U;
  *done         = 0U;
  while( *done < n ) {
    uint64_t t0   = pl_clock_ns();
    int      sent = pl_os_udp_send( fd, self->msg + *done, n - *done, &self->head.kicks );
    *err          = errno;
    self->head.os_ns += pl_clock_ns() - t0;
    if( sent > 0 ) {
      *done += (unsigned)sent;
      late                   = 0U;
      self->head.state.state = PL_STATE_UP;
    }
    if( *done == n ) return 0;
    unsigned drained = drain_errors( self, fd );
    int      cause   = sent < 0 ? meaning( self, *err, drained, &late ) : 0;
    if( cause ) return cause;
  }
  return 0;
}

static int
refuse( udp_t * self, unsigned long i, unsigned long * opt_batch_idx, int id, uint64_t a, uint64_t b ) {
  self->head.cause = (pl_cause_t){ .id = id, .a = a, .b = b };
  self->head.completed += i;
  if( opt_batch_idx ) *opt_batch_idx = i;
  return id == CAUSE_NO_ROOM || id == CAUSE_DOWN ? PL_AIO_ERR_AGAIN : PL_AIO_ERR_INVAL;
}

static int
udp_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
          int flush ) {
  udp_t * self = ctx;
  if( flush ) drain_all( self );
  unsigned long i = 0UL;
  while( i < batch_cnt ) {
    unsigned       n     = 0U;
    int            bad   = 0, family = 0;
    uint64_t       why = 0UL;
    pl_udp_frame_t frame;
    for( ; i < batch_cnt && n < SEND_MAX; i++ ) {
      unsigned long sz = batch[i].buf_sz;
      if( !sz ) continue;
      bad = sz > PL_AIO_PKT_INFO_BUF_MAX ? CAUSE_BUF_MAX : sz < 14UL ? CAUSE_TINY : 0;
      if( !bad && ( why = (uint64_t)pl_udp_frame( batch[i].buf, sz, &frame ) ) ) bad = CAUSE_FRAME;
      if( bad || ( n && frame.family != family ) ) break;
      family = frame.family;
      put( self, n++, i, &frame );
    }
    if( n ) {
      unsigned done  = 0U;
      int      err   = EAFNOSUPPORT;
      int      fd    = self->fd[family == AF_INET6];
      int      cause = fd < 0 ? CAUSE_ERRNO : send_run( self, fd, n, &done, &err );
      if( cause ) return refuse( self, self->at[done], opt_batch_idx, cause, batch[self->at[done]].buf_sz, (uint64_t)err );
    }
    if( bad ) return refuse( self, i, opt_batch_idx, bad, batch[i].buf_sz, why );
  }
  self->head.completed += batch_cnt;
  return PL_AIO_SUCCESS;
}

static void
udp_close( pl_backend_t * head ) {
  udp_t * self = (udp_t *)head;
  for( int i = 0; i < 2; i++ )
    if( self->fd[i] >= 0 ) close( self->fd[i] );
  free( self );
}

/* A socket of this family; -1 with errno. */
static int
open_socket( int family, int sndbuf ) {
  int one = 1, failed = 0;
  int fd  = pl_os_udp_socket( family );
  if( fd < 0 ) return -1;
  if( family == AF_INET ) /* 127.255.255.255 belongs to 127.0.0.0/8 */
    failed = setsockopt( fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof( one ) );
  if( !failed && sndbuf ) failed = setsockopt( fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof( sndbuf ) );
  if( !failed ) return fd;
  int e = errno;
  close( fd );
  errno = e;
  return -1;
}

static pl_backend_t *
udp_open( pl_opt_vals_t const * vals, int force, pl_err_t * err ) {
  (void)force;
  udp_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "udp could not be opened: out of memory." );
    return NULL;
  }
  int sndbuf  = (int)vals->num[OPT_SNDBUF];
  self->fd[0] = open_socket( AF_INET, sndbuf );
  int e       = errno;
  self->fd[1] = open_socket( AF_INET6, sndbuf );
  if( self->fd[0] < 0 && self->fd[1] < 0 ) {
    pl_err_set( err, e, "socket", "udp could not be opened: %s.", strerror( e ) );
    udp_close( &self->head );
    return NULL;
  }
  self->head.def = &pl_backend_udp;
  self->head.aio = (pl_aio_t){ .ctx = self, .send_func = udp_send };
  return &self->head;
}

static char const *
frame_text( uint64_t why ) {
  switch( why ) {
  case PL_UDP_SHORT:       return "a header or length reaches beyond the frame";
  case PL_UDP_NOT_UDP:     return "it is not UDP over IPv4 or IPv6";
  case PL_UDP_FRAGMENT:    return "it is a fragment, which has no whole datagram";
  case PL_UDP_LENGTH:      return "udp.length is under 8 or beyond the IP payload";
  default:                 return "its destination is not in 127.0.0.0/8 and not ::1; nothing else is sent to";
  }
}

static void
udp_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case CAUSE_BUF_MAX: pl_buf_max_text( cause->a, buf, buf_sz ); break;
  case CAUSE_TINY: pl_tiny_text( cause->a, buf, buf_sz ); break;
  case CAUSE_FRAME:
    snprintf( buf, buf_sz, "Frame of %lu B holds no datagram to send: %s.", cause->a, frame_text( cause->b ) );
    break;
  case CAUSE_NO_ROOM: snprintf( buf, buf_sz, "Socket buffer full: the kernel takes no more datagrams now." ); break;
  case CAUSE_DOWN: snprintf( buf, buf_sz, "The loopback interface is down." ); break;
  case CAUSE_LATE: {
    char           text[INET6_ADDRSTRLEN] = "[::1]";
    struct in_addr v4                     = { .s_addr = (in_addr_t)cause->a };
    if( cause->a ) inet_ntop( AF_INET, &v4, text, sizeof( text ) );
    snprintf( buf, buf_sz, "An earlier datagram to %s port %lu came back: %s.", text, cause->b,
              strerror( (int)cause->c ) );
    break;
  }
  default: snprintf( buf, buf_sz, "The kernel refused the datagram: %s.", strerror( (int)cause->b ) );
  }
}

pl_backend_def_t const pl_backend_udp = { .name       = "udp",
                                          .opts       = opts,
                                          .opt_cnt    = OPT_CNT,
                                          .open       = udp_open,
                                          .close      = udp_close,
                                          .cause_text = udp_cause_text };
