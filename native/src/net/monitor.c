/* An interface is one word:  ifindex << 32 | mtu << 8 | KNOWN | UP | CARRIER | QUEUE; zero is a
   free entry.  A message for an interface replaces its word, a removal frees it.  Its peer, which
   never changes, stands beside it and is written before.

   Of a queue discipline that comes or goes nothing is told with the interface: then all
   interfaces are asked for, and the answer names what each has.

   The kernel drops messages when the socket's buffer is full (ENOBUFS): then all
   interfaces are asked for again, and those that the answer does not name are gone. */

#include "net/monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINK_KNOWN   (1UL)
#define LINK_UP      (2UL)
#define LINK_CARRIER (4UL)
#define LINK_QUEUE   (8UL)

/* IFF_LOWER_UP of linux/if.h, which can not be included beside net/if.h. */
#define LOWER_UP (1U << 16)

/* Bytes read from a socket at once; the kernel's dumps come in parts of 32 KiB at most. */
#define READ_MAX (32768UL)

/* Reads per poll: a storm of messages must not keep a sending thread. */
#define READS_MAX (16)

typedef struct {
  int              fd;
  int              want_dump; /* all interfaces are to be asked for */
  int              dumping;
  int              begun;     /* a part of it was read: what is told from here on is newer than the request */
  int              torn;      /* the dump under way missed something */
  uint32_t         seq;       /* of the dump under way */
  atomic_int       known;     /* a dump was read to its end */
  _Atomic uint64_t link[PL_MONITOR_LINKS];
  _Atomic uint32_t peer[PL_MONITOR_LINKS];
  uint8_t          seen[PL_MONITOR_LINKS]; /* in the dump under way, or told since it began */
} space_t;

struct pl_monitor {
  atomic_uint holders;
  atomic_int  ended;
  atomic_flag reading;
  space_t     space[2];
  _Alignas( struct nlmsghdr ) uint8_t buf[READ_MAX];
};

static uint64_t
load( _Atomic uint64_t const * word ) {
  return atomic_load_explicit( word, memory_order_relaxed );
}

/* The entry of an interface, or a free one; PL_MONITOR_LINKS when there is neither. */
static unsigned long
entry_of( space_t const * s, uint32_t ifindex ) {
  unsigned long free_at = PL_MONITOR_LINKS;
  for( unsigned long i = 0UL; i < PL_MONITOR_LINKS; i++ ) {
    uint64_t word = load( &s->link[i] );
    if( word >> 32 == ifindex ) return i;
    if( !word && free_at == PL_MONITOR_LINKS ) free_at = i;
  }
  return free_at;
}

/* Whether frames wait in the queue discipline of that name. */
static int
is_queue( struct rtattr const * name ) {
  return strncmp( RTA_DATA( name ), "noqueue", RTA_PAYLOAD( name ) ) && strncmp( RTA_DATA( name ), "noop", RTA_PAYLOAD( name ) );
}

static void
on_link( space_t * s, struct nlmsghdr const * msg ) {
  struct ifinfomsg const * info = NLMSG_DATA( msg );
  if( msg->nlmsg_len < NLMSG_LENGTH( sizeof( *info ) ) || info->ifi_index <= 0 ) return;
  if( info->ifi_family != AF_UNSPEC ) return; /* a bridge port, whose removal is not the interface's */
  uint32_t ifindex = (uint32_t)info->ifi_index, mtu = 0U;
  long     left    = (long)IFLA_PAYLOAD( msg );
  int      all     = msg->nlmsg_type == RTM_DELLINK; /* a message about something else has no MTU */
  int      queue   = 0;
  uint32_t peer    = 0U;
  for( struct rtattr * a = IFLA_RTA( info ); RTA_OK( a, left ); a = RTA_NEXT( a, left ) ) {
    if( a->rta_type == IFLA_QDISC ) queue = is_queue( a );
    if( a->rta_type == IFLA_LINK && RTA_PAYLOAD( a ) == sizeof( peer ) ) memcpy( &peer, RTA_DATA( a ), sizeof( peer ) );
    if( a->rta_type != IFLA_MTU || RTA_PAYLOAD( a ) != sizeof( mtu ) ) continue;
    memcpy( &mtu, RTA_DATA( a ), sizeof( mtu ) );
    all = 1;
  }
  unsigned long i = entry_of( s, ifindex );
  if( !all || i == PL_MONITOR_LINKS ) return;
  uint64_t word = 0UL;
  if( msg->nlmsg_type == RTM_NEWLINK ) {
    if( mtu > 0xffffffU ) mtu = 0xffffffU;
    word = (uint64_t)ifindex << 32 | (uint64_t)mtu << 8 | LINK_KNOWN;
    if( info->ifi_flags & IFF_UP ) word |= LINK_UP;
    if( info->ifi_flags & LOWER_UP ) word |= LINK_CARRIER;
    if( queue ) word |= LINK_QUEUE;
  }
  s->seen[i] = (uint8_t)s->begun; /* what was told before the answer may be of an interface that is gone */
  atomic_store_explicit( &s->peer[i], peer, memory_order_relaxed );
  atomic_store_explicit( &s->link[i], word, memory_order_release );
}

static void
ask_all( space_t * s ) {
  struct {
    struct nlmsghdr  head;
    struct ifinfomsg info;
  } req;
  memset( &req, 0, sizeof( req ) );
  req.head.nlmsg_len        = sizeof( req );
  req.head.nlmsg_type       = RTM_GETLINK;
  req.head.nlmsg_flags      = NLM_F_REQUEST | NLM_F_DUMP;
  req.head.nlmsg_seq        = ++s->seq;
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  if( sendto( s->fd, &req, sizeof( req ), MSG_DONTWAIT, (struct sockaddr const *)&kernel, sizeof( kernel ) ) < 0 )
    return; /* no memory now: the next poll asks again */
  s->want_dump = s->torn = s->begun = 0;
  s->dumping             = 1;
  memset( s->seen, 0, sizeof( s->seen ) );
}

/* The dump has ended: who was not named is gone. */
static void
on_done( space_t * s ) {
  s->dumping = 0;
  if( s->torn ) {
    s->want_dump = 1;
    return;
  }
  for( unsigned long i = 0UL; i < PL_MONITOR_LINKS; i++ )
    if( !s->seen[i] ) atomic_store_explicit( &s->link[i], 0UL, memory_order_relaxed );
  atomic_store_explicit( &s->known, 1, memory_order_release );
}

static void
on_messages( space_t * s, uint8_t const * buf, long sz ) {
  for( struct nlmsghdr const * m = (struct nlmsghdr const *)(void const *)buf; NLMSG_OK( m, sz ); m = NLMSG_NEXT( m, sz ) ) {
    int of_dump = s->dumping && m->nlmsg_seq == s->seq;
    if( of_dump ) s->begun = 1;
    if( of_dump && ( m->nlmsg_flags & NLM_F_DUMP_INTR ) ) s->torn = 1;
    if( m->nlmsg_type == RTM_NEWLINK || m->nlmsg_type == RTM_DELLINK ) {
      on_link( s, m );
    } else if( m->nlmsg_type == RTM_NEWQDISC || m->nlmsg_type == RTM_DELQDISC ) {
      s->want_dump = 1;
    } else if( of_dump && m->nlmsg_type == NLMSG_DONE ) {
      on_done( s );
    } else if( of_dump && m->nlmsg_type == NLMSG_ERROR ) { /* refused: a dump before it is not over yet */
      s->dumping   = 0;
      s->want_dump = 1;
    }
  }
}

static void
read_space( pl_monitor_t * self, space_t * s ) {
  for( int i = 0; i < READS_MAX; i++ ) {
    if( s->want_dump && !s->dumping ) ask_all( s );
    struct sockaddr_nl from;
    struct iovec       iov = { .iov_base = self->buf, .iov_len = READ_MAX };
    struct msghdr      msg = { .msg_name = &from, .msg_namelen = sizeof( from ), .msg_iov = &iov, .msg_iovlen = 1 };
    long               got = recvmsg( s->fd, &msg, MSG_DONTWAIT );
    if( got < 0 && errno == EINTR ) continue;
    if( got < 0 && errno == ENOBUFS ) { /* something was not told, a part of the dump perhaps */
      s->want_dump = 1;
      s->dumping   = 0;
      continue;
    }
    if( got <= 0 ) return;
    if( msg.msg_flags & MSG_TRUNC ) s->want_dump = s->torn = 1;
    if( from.nl_pid == 0U ) on_messages( s, self->buf, got ); /* 0 is the kernel */
  }
}

void
pl_monitor_poll( pl_monitor_t * self ) {
  if( atomic_flag_test_and_set_explicit( &self->reading, memory_order_acquire ) ) return;
  read_space( self, &self->space[0] );
  read_space( self, &self->space[1] );
  atomic_flag_clear_explicit( &self->reading, memory_order_release );
}

void
pl_monitor_end( pl_monitor_t * self ) {
  atomic_store_explicit( &self->ended, 1, memory_order_relaxed );
}

int
pl_monitor_ended( pl_monitor_t const * self ) {
  return atomic_load_explicit( &self->ended, memory_order_relaxed );
}

int
pl_monitor_link( pl_monitor_t const * self, unsigned end, uint32_t ifindex, pl_link_t * link ) {
  if( pl_monitor_ended( self ) ) return 0;
  space_t const * s = &self->space[end & 1U];
  int known         = atomic_load_explicit( &s->known, memory_order_acquire );
  for( unsigned long i = 0UL; i < PL_MONITOR_LINKS; i++ ) {
    uint64_t word = load( &s->link[i] );
    if( !word || word >> 32 != ifindex ) continue;
    atomic_thread_fence( memory_order_acquire );
    *link = (pl_link_t){ .up      = ( word & LINK_UP ) != 0UL,
                         .carrier = ( word & LINK_CARRIER ) != 0UL,
                         .queue   = ( word & LINK_QUEUE ) != 0UL,
                         .mtu     = (uint32_t)( word >> 8 ) & 0xffffffU,
                         .peer    = atomic_load_explicit( &s->peer[i], memory_order_relaxed ) };
    return 1;
  }
  return known ? 0 : -1;
}

pl_monitor_t *
pl_monitor_new( int const fd[2] ) {
  pl_monitor_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  atomic_init( &self->holders, 1U );
  atomic_flag_clear( &self->reading );
  for( int i = 0; i < 2; i++ ) {
    self->space[i].fd        = fd[i];
    self->space[i].want_dump = 1;
  }
  pl_monitor_poll( self );
  return self;
}

pl_monitor_t *
pl_monitor_hold( pl_monitor_t * self ) {
  if( self ) atomic_fetch_add_explicit( &self->holders, 1U, memory_order_relaxed );
  return self;
}

void
pl_monitor_release( pl_monitor_t * self ) {
  if( !self || atomic_fetch_sub_explicit( &self->holders, 1U, memory_order_acq_rel ) != 1U ) return;
  close( self->space[0].fd );
  close( self->space[1].fd );
  free( self );
}
