/* udp: sends the payload of a crafted UDP packet over a socket, to loopback addresses
   only, or on an interface of a lab to its two addresses, too.  The kernel picks the
   source; the frame's MAC addresses, source, TTL and checksums are not used.

   flush: nothing is buffered; a flush reads the sockets' error queues.
   completed: datagrams the system accepted.

   Packets of a batch that follow one another with the same size and destination go as one
   message, which the kernel cuts into datagrams again (UDP_SEGMENT, Linux): with gso=on,
   and with gso=auto in a lab.  On loopback that would hide late errors: of a message to a
   closed port the system tells once, not once for each datagram.  A message is sent as a
   whole or not at all, so the index stays exact.  What receives in a lab cuts such a
   message as the kernel would (net/segments.h).
   Where the kernel will not cut (a segment over the MTU is none, because it would be cut
   twice) the datagrams go one by one.

   An error that comes back later (a closed port answers ICMP port unreachable)
   belongs to an earlier datagram.  With IP_RECVERR it waits in the error queue and
   the next send fails once: the queue is read after every short or failed send,
   each entry counts as a late error, and the send goes on where it stopped.  Systems
   other than Linux report nothing of the kind on such a socket. */

#include "backend/udp.h"
#include "run/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char const * const gso_words[] = { "auto", "on", "off", NULL };

/* sndbuf 0 leaves the size to the system. */
pl_opt_def_t const pl_udp_opts[PL_UDP_OPT_CNT] = {
    [PL_UDP_OPT_SNDBUF] = { .name = "sndbuf", .kind = PL_OPT_BYTES, .min = 0, .max = 1073741824 },
    [PL_UDP_OPT_GSO]    = { .name = "gso", .kind = PL_OPT_CHOICE, .max = 2, .words = gso_words },
    [PL_UDP_OPT_PEER_RING] = { .name = "peer-ring", .kind = PL_OPT_BYTES, .min = 1048576, .max = 268435456, .dflt = 16777216 } };

enum { CAUSE_BUF_MAX = PL_UDP_CAUSE_END, CAUSE_TINY, CAUSE_FRAME, CAUSE_NO_ROOM, CAUSE_MEMORY, CAUSE_DOWN, CAUSE_ERRNO, CAUSE_LATE, CAUSE_LAB };

/* Of one message: the kernel takes 64 segments (128 from 6.9 on), and no more bytes than
   a datagram over IPv4 has. */
#define SEGMENTS_MAX (64U)
#define MESSAGE_MAX  (65507U)

/* Sends that fail with an error of earlier datagrams are repeated this often at
   one packet before the errno is believed to be its own. */
#define LATE_MAX (256U)

static void
count_late( void * ctx, pl_os_late_t const * late ) {
  pl_udp_t * self = ctx;
  self->head.late_errors++;
  self->head.late = (pl_cause_t){ .id = CAUSE_LATE,
                                  .a  = late->v4 ? late->to.s_addr : 0UL, /* 0: ::1 */
                                  .b  = ntohs( late->port ),
                                  .c  = (uint64_t)late->err };
}

/* Reads one error queue empty.  Returns how many entries it held. */
static unsigned
drain_errors( pl_udp_t * self, int fd ) {
  return pl_os_udp_late( fd, count_late, self );
}

static void
drain_all( pl_udp_t * self ) {
  for( int i = 0; i < 2; i++ )
    if( self->fd[i] >= 0 ) (void)drain_errors( self, self->fd[i] );
}

/* The address of a frame. */
static socklen_t
address( pl_udp_frame_t const * f, struct sockaddr_in6 * to ) {
  memset( to, 0, sizeof( *to ) );
  if( f->family == AF_INET ) {
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = f->port };
    memcpy( &v4.sin_addr, &f->dst, 4UL );
    memcpy( to, &v4, sizeof( v4 ) );
    return sizeof( v4 );
  }
  to->sin6_family = AF_INET6;
  to->sin6_port   = f->port;
  to->sin6_addr   = f->dst;
  return sizeof( *to );
}

/* Whether a frame may go on as a segment of message k. */
static int
continues( pl_udp_t const * self, unsigned k, pl_udp_frame_t const * f ) {
  struct msghdr const *     msg = &self->msg[k].msg_hdr;
  size_t const              sz = f->payload_sz;
  size_t const              cnt = (size_t)msg->msg_iovlen;
  struct sockaddr_in6 to;
  return sz && sz <= self->gso_max && sz == msg->msg_iov[0].iov_len && cnt < SEGMENTS_MAX && ( cnt + 1UL ) * sz <= MESSAGE_MAX &&
         address( f, &to ) == msg->msg_namelen && !memcmp( &to, &self->to[k], sizeof( to ) );
}

/* Puts a frame into the messages, of which there are n with iov_cnt packets.  Returns how
   many there are then. */
static unsigned
put( pl_udp_t * self, unsigned n, unsigned iov_cnt, unsigned long i, pl_udp_frame_t const * f ) {
  struct iovec * iov = &self->iov[iov_cnt];
  *iov               = (struct iovec){ .iov_base = (void *)(uintptr_t)f->payload, .iov_len = f->payload_sz };
  if( n && continues( self, n - 1U, f ) ) {
    struct msghdr * msg = &self->msg[n - 1U].msg_hdr;
    if( msg->msg_iovlen++ == 1 ) pl_os_udp_cut( msg, &self->segment[n - 1U], f->payload_sz );
    return n;
  }
  self->msg[n] = (pl_os_datagram_t){ .msg_hdr = { .msg_name    = &self->to[n],
                                                  .msg_namelen = address( f, &self->to[n] ),
                                                  .msg_iov     = iov,
                                                  .msg_iovlen  = 1 } };
  self->at[n]  = i;
  return n + 1U;
}

/* What an errno of the message at hand means.  0: it was an earlier packet's. */
static int
meaning( pl_udp_t * self, struct msghdr const * msg, int err, unsigned drained, unsigned * late ) {
  if( err == ENOBUFS && self->full ) return self->full( self, msg->msg_iovlen == 1 ? msg->msg_iov[0].iov_len : 0UL );
  if( err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS ) return CAUSE_NO_ROOM;
  if( err == ENOMEM ) return CAUSE_MEMORY;
  if( err == EINTR ) return 0;
  if( ( drained || err == ECONNREFUSED ) && ++*late < LATE_MAX ) return 0;
  if( err == ENETUNREACH || err == ENETDOWN ) {
    self->unreachable( self, err );
    return self->head.state.state > PL_STATE_LINK_DOWN ? (int)PL_UDP_CAUSE_REMOVED : (int)CAUSE_DOWN;
  }
  return CAUSE_ERRNO;
}

/* Whether an errno may say that a message cannot be cut into segments. */
static int
is_uncut( int err ) {
  return err == EINVAL || err == EMSGSIZE || err == EIO || err == EOPNOTSUPP;
}

/* Notes that the kernel has taken n messages from k on. */
static void
accepted( pl_udp_t * self, unsigned k, unsigned n ) {
  self->head.state.state = PL_STATE_UP;
  if( !self->lab[1].s_addr ) return;
  for( unsigned i = k; i < k + n; i++ ) {
    struct sockaddr_in v4;
    memcpy( &v4, &self->to[i], sizeof( v4 ) );
    if( v4.sin_addr.s_addr == self->lab[1].s_addr ) self->to_peer += (uint64_t)self->msg[i].msg_hdr.msg_iovlen;
  }
}

/* Sends the n messages in msg, all of one family.  Sets *done to how many went.
   Returns 0, or a cause for the next one; -1 when it has to go uncut. */
static int
send_run( pl_udp_t * self, int fd, unsigned n, unsigned * done, int * err ) {
  unsigned late = 0U;
  *done         = 0U;
  while( *done < n ) {
    uint64_t t0   = pl_clock_ns();
    int      sent = pl_os_udp_send( fd, self->msg + *done, n - *done, &self->head.kicks );
    *err          = errno;
    self->head.os_ns += pl_clock_ns() - t0;
    if( sent > 0 ) {
      accepted( self, *done, (unsigned)sent );
      *done += (unsigned)sent;
      late = 0U;
    }
    if( *done == n ) return 0;
    unsigned              drained = drain_errors( self, fd );
    struct msghdr const * at      = &self->msg[*done].msg_hdr;
    if( sent < 0 && !drained && at->msg_iovlen > 1 && is_uncut( *err ) ) {
      self->gso_max = (unsigned)at->msg_iov[0].iov_len - 1U;
      return -1;
    }
    int cause = sent < 0 ? meaning( self, at, *err, drained, &late ) : 0;
    if( cause ) return cause;
  }
  return 0;
}

static int
refuse( pl_udp_t * self, unsigned long i, unsigned long * opt_batch_idx, int id, uint64_t a, uint64_t b ) {
  self->head.cause = (pl_cause_t){ .id = id, .a = a, .b = b, .c = self->lab[1].s_addr };
  self->head.completed += i;
  if( opt_batch_idx ) *opt_batch_idx = i;
  int const again = id < PL_UDP_CAUSE_END || id == CAUSE_NO_ROOM || id == CAUSE_MEMORY || id == CAUSE_DOWN;
  return again ? PL_AIO_ERR_AGAIN : PL_AIO_ERR_INVAL;
}

int
pl_udp_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
             int flush ) {
  pl_udp_t * self = ctx;
  if( flush ) drain_all( self );
  unsigned long i = 0UL;
  while( i < batch_cnt ) {
    unsigned       n = 0U, packets = 0U;
    int            bad = 0, family = 0;
    uint64_t       why = 0UL;
    pl_udp_frame_t frame;
    for( ; i < batch_cnt && n < PL_UDP_SEND_MAX && packets < PL_UDP_PACKETS_MAX; i++ ) {
      unsigned long sz = batch[i].buf_sz;
      if( !sz ) continue;
      bad = sz > PL_AIO_PKT_INFO_BUF_MAX ? CAUSE_BUF_MAX : sz < 14UL ? CAUSE_TINY : 0;
      if( !bad && ( why = (uint64_t)pl_udp_frame( batch[i].buf, sz, self->lab, &frame ) ) )
        bad = why == PL_UDP_DESTINATION && self->lab[0].s_addr ? CAUSE_LAB : CAUSE_FRAME;
      if( bad || ( n && frame.family != family ) ) break;
      family = frame.family;
      n      = put( self, n, packets++, i, &frame );
    }
    if( n ) {
      unsigned done  = 0U;
      int      err   = EAFNOSUPPORT;
      int      fd    = self->fd[family == AF_INET6];
      int      cause = fd < 0 ? CAUSE_ERRNO : send_run( self, fd, n, &done, &err );
      if( cause > 0 ) return refuse( self, self->at[done], opt_batch_idx, cause, batch[self->at[done]].buf_sz, (uint64_t)err );
      if( cause < 0 ) {
        i = self->at[done]; /* once more from there */
        continue;
      }
    }
    if( bad ) return refuse( self, i, opt_batch_idx, bad, batch[i].buf_sz, bad == CAUSE_LAB ? self->lab[0].s_addr : why );
  }
  self->head.completed += batch_cnt;
  return PL_AIO_SUCCESS;
}

static void
udp_close( pl_backend_t * head ) {
  pl_udp_t * self = (pl_udp_t *)head;
  for( int i = 0; i < 2; i++ )
    if( self->fd[i] >= 0 ) close( self->fd[i] );
  free( self );
}

int
pl_udp_prepare( int fd, int family, pl_opt_vals_t const * vals ) {
  int one = 1, sndbuf = (int)vals->num[PL_UDP_OPT_SNDBUF];
  if( pl_os_udp_report( fd, family ) ) return -1;
  if( family == AF_INET ) /* 127.255.255.255 belongs to 127.0.0.0/8 */
    if( setsockopt( fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof( one ) ) ) return -1;
  return sndbuf ? setsockopt( fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof( sndbuf ) ) : 0;
}

/* A socket of this family; -1 with errno. */
static int
open_socket( int family, pl_opt_vals_t const * vals ) {
  int fd = pl_os_udp_socket( family );
  if( fd < 0 || !pl_udp_prepare( fd, family, vals ) ) return fd;
  int e = errno;
  close( fd );
  errno = e;
  return -1;
}

static void
loopback_down( pl_udp_t * self, int err ) {
  pl_state_t * state = &self->head.state;
  state->state       = PL_STATE_LINK_DOWN;
  state->err         = err;
  state->step        = "sendmmsg";
  snprintf( state->sentence, PL_SENTENCE_MAX, "The loopback interface is down (%s); bring it up.", strerror( err ) );
}

void
pl_udp_init( pl_udp_t * self, int gso ) {
  self->fd[0] = self->fd[1] = -1;
  self->gso_max             = pl_os_has_cut && gso ? MESSAGE_MAX : 0U;
  self->unreachable         = loopback_down;
  self->head.def            = &pl_backend_udp;
  self->head.aio            = (pl_aio_t){ .ctx = self, .send_func = pl_udp_send };
}

static pl_backend_t *
udp_open( pl_opt_vals_t const * vals, int force, pl_err_t * err ) {
  (void)force;
  pl_udp_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "udp could not be opened: out of memory." );
    return NULL;
  }
  pl_udp_init( self, vals->num[PL_UDP_OPT_GSO] == PL_UDP_GSO_ON );
  self->fd[0] = open_socket( AF_INET, vals );
  int e       = errno;
  self->fd[1] = open_socket( AF_INET6, vals );
  if( self->fd[0] >= 0 || self->fd[1] >= 0 ) return &self->head;
  pl_err_set( err, e, "socket", "udp could not be opened: %s.", strerror( e ) );
  udp_close( &self->head );
  return NULL;
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

void
pl_udp_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case PL_UDP_CAUSE_REMOVED: snprintf( buf, buf_sz, "The interface was removed." ); break;
  case PL_UDP_CAUSE_NO_CARRIER: snprintf( buf, buf_sz, "No carrier: the peer of the interface is down." ); break;
  case PL_UDP_CAUSE_PEER_MTU:
    snprintf( buf, buf_sz, "The peer drops the frame of %lu B: its MTU is %lu, less than that of the interface.", cause->a, cause->b );
    break;
  case PL_UDP_CAUSE_QDISC_FULL:
    snprintf( buf, buf_sz, "qdisc full: the queue of the interface dropped the datagram for want of room." );
    break;
  case PL_UDP_CAUSE_NO_QUEUE:
    snprintf( buf, buf_sz, "The driver dropped the datagram: the peer takes no more now, and the interface has no queue." );
    break;
  case CAUSE_BUF_MAX: pl_buf_max_text( cause->a, buf, buf_sz ); break;
  case CAUSE_TINY: pl_tiny_text( cause->a, buf, buf_sz ); break;
  case CAUSE_FRAME:
    snprintf( buf, buf_sz, "Frame of %lu B holds no datagram to send: %s.", cause->a, frame_text( cause->b ) );
    break;
  case CAUSE_LAB: {
    char           own[INET_ADDRSTRLEN], peer[INET_ADDRSTRLEN];
    struct in_addr at[2] = { { .s_addr = (in_addr_t)cause->b }, { .s_addr = (in_addr_t)cause->c } };
    inet_ntop( AF_INET, &at[0], own, sizeof( own ) );
    inet_ntop( AF_INET, &at[1], peer, sizeof( peer ) );
    snprintf( buf, buf_sz,
              "Frame of %lu B holds no datagram to send: its destination is not %s or %s, the addresses of the pair, and not "
              "in 127.0.0.0/8; nothing else is sent to.",
              cause->a, peer, own );
    break;
  }
  case CAUSE_NO_ROOM: snprintf( buf, buf_sz, "Socket buffer full: the kernel takes no more datagrams now." ); break;
  case CAUSE_MEMORY: snprintf( buf, buf_sz, "The kernel has no memory for the datagram now." ); break;
  case CAUSE_DOWN: snprintf( buf, buf_sz, "%s", cause->c ? "The interface is down." : "The loopback interface is down." ); break;
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
                                          .opts       = pl_udp_opts,
                                          .opt_cnt    = PL_UDP_OPT_CNT,
                                          .open       = udp_open,
#ifdef PL_OS_LINUX
                                          .open_on    = pl_udp_open_on,
#endif
                                          .close      = udp_close,
                                          .cause_text = pl_udp_cause_text };
