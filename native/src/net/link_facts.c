/* Three sources: rtnetlink (queue discipline, queues, XDP program), the ethtool ioctl
   (driver, offloads), which any socket of the namespace takes, and the generic netlink
   family "netdev" (XDP features of the driver, Linux 6.3; NAPI threads, Linux 6.8;
   Documentation/netlink/specs/netdev.yaml). */

#include "net/link_facts.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netdev.h, which older headers do not have. */
#define NETDEV_DEV_GET      (1)
#define NETDEV_IFINDEX      (1)
#define NETDEV_XDP_FEATURES (3)
#define NETDEV_XDP_BASIC    (1UL)
#define NETDEV_XDP_ZEROCOPY (8UL)
#define NETDEV_NAPI_GET      (11)
#define NETDEV_NAPI_IFINDEX  (1)
#define NETDEV_NAPI_PID      (4) /* of the thread, where there is one */
#define NETDEV_NAPI_THREADED (8) /* Linux 6.17 */

/* IFF_LOWER_UP of linux/if.h, which can not be included beside net/if.h. */
#define LOWER_UP (1U << 16)

typedef union {
  struct nlmsghdr head;
  uint8_t         bytes[16384];
} msg_t;

/* The attribute behind those that the message has; all messages here are short. */
static void
put( msg_t * m, uint16_t type, void const * data, unsigned long sz ) {
  struct rtattr * a = (struct rtattr *)(void *)( m->bytes + NLMSG_ALIGN( m->head.nlmsg_len ) );
  a->rta_type       = type;
  a->rta_len        = (uint16_t)RTA_LENGTH( sz );
  memcpy( RTA_DATA( a ), data, sz );
  m->head.nlmsg_len = (uint32_t)( NLMSG_ALIGN( m->head.nlmsg_len ) + RTA_ALIGN( RTA_LENGTH( sz ) ) );
}

/* Starts a request whose fixed part has sz bytes, which are zero. */
static void *
begin( msg_t * m, uint16_t type, unsigned long sz ) {
  memset( m, 0, 512UL );
  m->head = (struct nlmsghdr){ .nlmsg_len = (uint32_t)NLMSG_LENGTH( sz ), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST };
  return NLMSG_DATA( &m->head );
}

/* Sends the request and reads the answer over it.  0, or an errno. */
static int
ask( int fd, msg_t * m ) {
  static uint32_t const seq = 1U; /* one request at a time, one socket for each kind */
  m->head.nlmsg_seq         = seq;
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  if( sendto( fd, m, m->head.nlmsg_len, 0, (struct sockaddr const *)&kernel, sizeof( kernel ) ) < 0 ) return errno;
  long got;
  do got = recv( fd, m, sizeof( *m ), 0 );
  while( got < 0 && errno == EINTR );
  if( got < 0 ) return errno;
  if( !NLMSG_OK( &m->head, (unsigned long)got ) ) return EBADMSG;
  if( m->head.nlmsg_type != NLMSG_ERROR ) return 0;
  if( m->head.nlmsg_len < NLMSG_LENGTH( sizeof( struct nlmsgerr ) ) ) return EBADMSG;
  return -( (struct nlmsgerr const *)NLMSG_DATA( &m->head ) )->error;
}

/* The attribute of that type behind a fixed part of sz bytes, with at least min bytes; or NULL. */
static struct rtattr const *
find( msg_t const * m, unsigned long sz, uint16_t type, unsigned long min ) {
  if( m->head.nlmsg_len < NLMSG_SPACE( sz ) ) return NULL;
  long left = (long)( m->head.nlmsg_len - NLMSG_SPACE( sz ) );
  for( struct rtattr const * a = (struct rtattr const *)(void const *)( m->bytes + NLMSG_SPACE( sz ) ); RTA_OK( a, left );
       a                       = RTA_NEXT( a, left ) )
    if( ( a->rta_type & NLA_TYPE_MASK ) == type ) return RTA_PAYLOAD( a ) >= min ? a : NULL;
  return NULL;
}

/* Has each message of a dump looked at.  0, or an errno. */
static int
dump( int fd, msg_t * m, void ( *look )( msg_t const * one, void * arg ), void * arg ) {
  static uint32_t const seq = 2U;
  m->head.nlmsg_seq         = seq;
  m->head.nlmsg_flags |= NLM_F_DUMP;
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  if( sendto( fd, m, m->head.nlmsg_len, 0, (struct sockaddr const *)&kernel, sizeof( kernel ) ) < 0 ) return errno;
  for( ;; ) {
    static msg_t const empty;
    msg_t              got = empty;
    long               n   = recv( fd, &got, sizeof( got ), 0 );
    if( n < 0 && errno == EINTR ) continue;
    if( n < 0 ) return errno;
    unsigned long left = (unsigned long)n, at = 0UL;
    while( left >= NLMSG_HDRLEN ) {
      struct nlmsghdr const * head = (struct nlmsghdr const *)(void const *)( got.bytes + at );
      if( !NLMSG_OK( head, left ) ) return EBADMSG;
      if( head->nlmsg_type == NLMSG_DONE ) return 0;
      if( head->nlmsg_type == NLMSG_ERROR )
        return head->nlmsg_len < NLMSG_LENGTH( sizeof( struct nlmsgerr ) ) ? EBADMSG
                                                                           : -( (struct nlmsgerr const *)NLMSG_DATA( head ) )->error;
      msg_t one = empty;
      memcpy( &one, head, head->nlmsg_len );
      look( &one, arg );
      unsigned long step = NLMSG_ALIGN( head->nlmsg_len );
      at += step;
      left = step < left ? left - step : 0UL;
    }
  }
}

/* A queue discipline of any interface: takes the limit of a pfifo of ours. */
static void
see_qdisc( msg_t const * m, void * arg ) {
  pl_link_facts_t *    facts = arg;
  struct tcmsg const * tc    = NLMSG_DATA( &m->head );
  struct tc_fifo_qopt  fifo;
  if( m->head.nlmsg_type != RTM_NEWQDISC || m->head.nlmsg_len < NLMSG_LENGTH( sizeof( *tc ) ) ||
      (uint32_t)tc->tcm_ifindex != facts->ifindex )
    return;
  struct rtattr const * kind    = find( m, sizeof( *tc ), TCA_KIND, sizeof( "pfifo" ) );
  struct rtattr const * options = find( m, sizeof( *tc ), TCA_OPTIONS, sizeof( fifo ) );
  if( !kind || !options || memcmp( RTA_DATA( kind ), "pfifo", sizeof( "pfifo" ) ) ) return;
  memcpy( &fifo, RTA_DATA( options ), sizeof( fifo ) );
  facts->queue_limit = fifo.limit;
}

static void
see_napi( msg_t const * m, void * arg ) {
  pl_link_facts_t *     facts = arg;
  uint32_t              on    = 0U;
  struct rtattr const * a     = find( m, GENL_HDRLEN, NETDEV_NAPI_THREADED, sizeof( on ) );
  if( a )
    memcpy( &on, RTA_DATA( a ), sizeof( on ) );
  else
    on = find( m, GENL_HDRLEN, NETDEV_NAPI_PID, 0UL ) != NULL;
  if( on ) facts->threaded = 1;
}

static uint32_t
number( msg_t const * m, uint16_t type ) {
  uint32_t              v = 0U;
  struct rtattr const * a = find( m, sizeof( struct ifinfomsg ), type, sizeof( v ) );
  if( a ) memcpy( &v, RTA_DATA( a ), sizeof( v ) );
  return v;
}

static void
by_rtnetlink( int fd, char const * name, pl_link_facts_t * facts ) {
  static msg_t const empty;
  msg_t              m = empty;
  begin( &m, RTM_GETLINK, sizeof( struct ifinfomsg ) );
  put( &m, IFLA_IFNAME, name, strlen( name ) + 1UL );
  if( ask( fd, &m ) || m.head.nlmsg_type != RTM_NEWLINK ) return;
  struct ifinfomsg const * info = NLMSG_DATA( &m.head );
  facts->ifindex          = (uint32_t)info->ifi_index;
  facts->up               = ( info->ifi_flags & IFF_UP ) != 0U;
  facts->carrier          = ( info->ifi_flags & LOWER_UP ) != 0U;
  facts->mtu              = number( &m, IFLA_MTU );
  facts->tx_queues        = number( &m, IFLA_NUM_TX_QUEUES );
  facts->rx_queues        = number( &m, IFLA_NUM_RX_QUEUES );
  struct rtattr const * a       = find( &m, sizeof( struct ifinfomsg ), IFLA_QDISC, 1UL );
  if( a ) strncpy( facts->qdisc, RTA_DATA( a ), PL_LINK_WORD - 1UL < RTA_PAYLOAD( a ) ? PL_LINK_WORD - 1UL : RTA_PAYLOAD( a ) );
  if( ( a = find( &m, sizeof( struct ifinfomsg ), IFLA_XDP, 0UL ) ) ) {
    long left = (long)RTA_PAYLOAD( a );
    for( struct rtattr const * in = RTA_DATA( a ); RTA_OK( in, left ); in = RTA_NEXT( in, left ) )
      if( in->rta_type == IFLA_XDP_ATTACHED && RTA_PAYLOAD( in ) ) facts->xdp_attached = *(uint8_t const *)RTA_DATA( in ) != 0;
  }
  struct tcmsg * tc = begin( &m, RTM_GETQDISC, sizeof( *tc ) );
  tc->tcm_ifindex   = (int)facts->ifindex;
  (void)dump( fd, &m, see_qdisc, facts );
}

static void
by_ethtool( int fd, char const * name, pl_link_facts_t * facts ) {
  static struct {
    uint32_t command, flag;
  } const asked[] = { { ETHTOOL_GTSO, PL_OFFLOAD_TSO }, { ETHTOOL_GGSO, PL_OFFLOAD_GSO }, { ETHTOOL_GGRO, PL_OFFLOAD_GRO } };
  struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
  struct ifreq           req    = { 0 };
  memcpy( req.ifr_name, name, strlen( name ) );
  req.ifr_data = (void *)&driver;
  if( !ioctl( fd, SIOCETHTOOL, &req ) ) memcpy( facts->driver, driver.driver, PL_LINK_WORD - 1UL );
  for( unsigned long i = 0UL; i < sizeof( asked ) / sizeof( asked[0] ); i++ ) {
    struct ethtool_value value = { .cmd = asked[i].command };
    req.ifr_data               = (void *)&value;
    if( !ioctl( fd, SIOCETHTOOL, &req ) && value.data ) facts->offloads |= asked[i].flag;
  }
  struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
  req.ifr_data               = (void *)&flags;
  if( !ioctl( fd, SIOCETHTOOL, &req ) && flags.data & ETH_FLAG_LRO ) facts->offloads |= PL_OFFLOAD_LRO;
}

static void
by_netdev( int fd, pl_link_facts_t * facts ) {
  static msg_t const  empty;
  msg_t               m = empty;
  struct genlmsghdr * g = begin( &m, GENL_ID_CTRL, GENL_HDRLEN );
  *g                    = (struct genlmsghdr){ .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
  put( &m, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof( "netdev" ) );
  struct rtattr const * a;
  if( ask( fd, &m ) || !( a = find( &m, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID, sizeof( uint16_t ) ) ) ) return;
  uint16_t family;
  memcpy( &family, RTA_DATA( a ), sizeof( family ) );
  g  = begin( &m, family, GENL_HDRLEN );
  *g = (struct genlmsghdr){ .cmd = NETDEV_DEV_GET, .version = 1 };
  put( &m, NETDEV_IFINDEX, &facts->ifindex, sizeof( facts->ifindex ) );
  uint64_t features;
  if( ask( fd, &m ) || !( a = find( &m, GENL_HDRLEN, NETDEV_XDP_FEATURES, sizeof( features ) ) ) ) return;
  memcpy( &features, RTA_DATA( a ), sizeof( features ) );
  facts->xdp_native    = ( features & NETDEV_XDP_BASIC ) != 0UL;
  facts->xdp_zero_copy = ( features & NETDEV_XDP_ZEROCOPY ) != 0UL;
  g  = begin( &m, family, GENL_HDRLEN );
  *g = (struct genlmsghdr){ .cmd = NETDEV_NAPI_GET, .version = 1 };
  put( &m, NETDEV_NAPI_IFINDEX, &facts->ifindex, sizeof( facts->ifindex ) );
  facts->threaded = 0;
  if( dump( fd, &m, see_napi, facts ) ) facts->threaded = -1;
}

void
pl_link_facts_by( int route, int generic, char const * name, pl_link_facts_t * facts ) {
  *facts = (pl_link_facts_t){ .xdp_native = -1, .xdp_zero_copy = -1, .threaded = -1 };
  if( !*name || strlen( name ) >= IFNAMSIZ ) return; /* no interface has such a name */
  by_rtnetlink( route, name, facts );
  if( !facts->ifindex ) return;
  by_ethtool( route, name, facts );
  if( generic >= 0 ) by_netdev( generic, facts );
}

int
pl_link_facts( char const * name, pl_link_facts_t * facts ) {
  pl_link_facts_by( -1, -1, "", facts );
  int route = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE );
  if( route < 0 ) return errno;
  int generic = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC );
  pl_link_facts_by( route, generic, name, facts );
  close( route );
  if( generic >= 0 ) close( generic );
  return 0;
}
