#include "links.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

void
link_name( link_t const * at, char name[PL_LAB_NAME_MAX] ) {
  char const * last = at->device == PL_LAB_TUN ? "t" : at->end == PL_LAB_END_A ? "a" : "b";
  snprintf( name, PL_LAB_NAME_MAX, "pl%u%s", at->pair % PL_LAB_PAIRS_MAX, last );
}

/* 198.18.N.1 or .2 (RFC 2544, for benchmarks), network order. */
static uint32_t
address_of( unsigned pair, unsigned end ) {
  return htonl( 0xc6120001U + ( pair << 8 ) + end );
}

/* 02:00 and the IPv4 address: local, and the same at each opening. */
static void
mac_of( unsigned pair, unsigned end, uint8_t mac[6] ) {
  uint32_t addr = address_of( pair, end );
  mac[0]        = 2U;
  mac[1]        = 0U;
  memcpy( mac + 2, &addr, sizeof( addr ) );
}

static int
route_of( link_t const * at ) {
  return at->spaces->route[at->end];
}

static link_t
peer_of( link_t const * at ) {
  return (link_t){ .spaces = at->spaces, .pair = at->pair, .end = !at->end, .device = at->device };
}

static void
copy_attr( void * to, size_t sz, struct rtattr const * attr ) {
  size_t got = RTA_PAYLOAD( attr );
  memcpy( to, RTA_DATA( attr ), got < sz ? got : sz );
}

int
link_port( link_t const * at, pl_lab_port_t * port ) {
  nl_msg_t msg;
  char     name[PL_LAB_NAME_MAX];
  memset( port, 0, sizeof( *port ) );
  link_name( at, name );
  nl_start( &msg, RTM_GETLINK, 0, sizeof( struct ifinfomsg ) );
  nl_put_str( &msg, IFLA_IFNAME, name );
  nl_put_u32( &msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS );
  union {
    struct nlmsghdr head;
    char            bytes[16384];
  } got;
  int err = nl_ask( route_of( at ), &msg, &got, sizeof( got ) );
  if( err ) return err == ENODEV ? 0 : err;

  struct ifinfomsg const * link = NLMSG_DATA( &got.head );
  memcpy( port->name, name, sizeof( name ) );
  port->ifindex = (uint32_t)link->ifi_index;
  port->up      = !!( link->ifi_flags & IFF_UP );
  port->carrier = !!( link->ifi_flags & IFF_LOWER_UP );
  int sz        = (int)( got.head.nlmsg_len - NLMSG_LENGTH( sizeof( *link ) ) );
  for( struct rtattr const * a = IFLA_RTA( link ); RTA_OK( a, sz ); a = RTA_NEXT( a, sz ) ) {
    if( a->rta_type == IFLA_MTU ) copy_attr( &port->mtu, sizeof( port->mtu ), a );
    if( a->rta_type == IFLA_ADDRESS ) copy_attr( port->mac, sizeof( port->mac ), a );
  }
  if( at->device == PL_LAB_TUN ) {
    memcpy( port->peer_mac, port->mac, sizeof( port->mac ) );
    return 0;
  }
  port->addr4      = address_of( at->pair, at->end );
  port->peer_addr4 = address_of( at->pair, !at->end );
  mac_of( at->pair, !at->end, port->peer_mac );
  return 0;
}

/* The interface's number, for the requests that go by it. */
static int
find( link_t const * at, int * index, char const ** step ) {
  pl_lab_port_t port;
  *step   = "interface";
  int err = link_port( at, &port );
  *index  = (int)port.ifindex;
  return err ? err : port.name[0] ? 0 : ENODEV;
}

/* Says how the peer is reached, so that nobody has to ask it by ARP.  An interface
   that goes down forgets it. */
static int
set_neighbour( link_t const * at, int index, char const ** step ) {
  nl_msg_t       msg;
  uint32_t       addr = address_of( at->pair, !at->end );
  uint8_t        mac[6];
  struct ndmsg * to = nl_start( &msg, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof( *to ) );
  *to               = (struct ndmsg){ .ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT };
  mac_of( at->pair, !at->end, mac );
  nl_put( &msg, NDA_DST, &addr, sizeof( addr ) );
  nl_put( &msg, NDA_LLADDR, mac, sizeof( mac ) );
  *step = "neighbour";
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}

static int
set_address( link_t const * at, int index, char const ** step ) {
  nl_msg_t           msg;
  uint32_t           addr = address_of( at->pair, at->end );
  struct ifaddrmsg * to   = nl_start( &msg, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof( *to ) );
  *to = (struct ifaddrmsg){ .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = (uint32_t)index };
  nl_put( &msg, IFA_LOCAL, &addr, sizeof( addr ) );
  nl_put( &msg, IFA_ADDRESS, &addr, sizeof( addr ) );
  *step = "address";
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}

int
link_set_up( link_t const * at, int up, char const ** step ) {
  nl_msg_t msg;
  int      index, err = find( at, &index, step );
  if( err ) return err;
  struct ifinfomsg * link = nl_start( &msg, RTM_NEWLINK, 0, sizeof( *link ) );
  link->ifi_index         = index;
  link->ifi_flags         = up ? IFF_UP : 0U;
  link->ifi_change        = IFF_UP;
  *step                   = up ? "link up" : "link down";
  err                     = nl_ask( route_of( at ), &msg, NULL, 0UL );
  return err || !up || at->device == PL_LAB_TUN ? err : set_neighbour( at, index, step );
}

/* What both ends are made with. One queue: which CPU sends does not matter then. */
static void
put_end( nl_msg_t * msg, link_t const * at, uint32_t mtu ) {
  char    name[PL_LAB_NAME_MAX];
  uint8_t mac[6];
  link_name( at, name );
  mac_of( at->pair, at->end, mac );
  nl_put_str( msg, IFLA_IFNAME, name );
  nl_put_u32( msg, IFLA_MTU, mtu );
  nl_put( msg, IFLA_ADDRESS, mac, sizeof( mac ) );
  nl_put_u32( msg, IFLA_NUM_TX_QUEUES, 1U );
  nl_put_u32( msg, IFLA_NUM_RX_QUEUES, 1U );
}

int
pair_create( link_t const * at, uint32_t mtu, char const ** step ) {
  nl_msg_t msg;
  link_t   ends[2] = { *at, *at };
  ends[0].end      = PL_LAB_END_A;
  ends[1].end      = PL_LAB_END_B;
  nl_start( &msg, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof( struct ifinfomsg ) );
  put_end( &msg, &ends[0], mtu );
  struct rtattr * info = nl_open( &msg, IFLA_LINKINFO );
  nl_put_str( &msg, IFLA_INFO_KIND, "veth" );
  struct rtattr * data = nl_open( &msg, IFLA_INFO_DATA );
  struct rtattr * peer = nl_open( &msg, VETH_INFO_PEER );
  nl_more( &msg, sizeof( struct ifinfomsg ) );
  put_end( &msg, &ends[1], mtu );
  nl_put_u32( &msg, IFLA_NET_NS_FD, (uint32_t)at->spaces->ns[PL_LAB_END_B] );
  nl_close( &msg, peer );
  nl_close( &msg, data );
  nl_close( &msg, info );
  *step   = "veth";
  int err = nl_ask( at->spaces->route[PL_LAB_END_A], &msg, NULL, 0UL );
  for( unsigned i = 0U; !err && i < 2U; i++ ) {
    int index;
    err = find( &ends[i], &index, step );
    if( !err ) err = set_address( &ends[i], index, step );
    if( !err ) err = link_set_up( &ends[i], 1, step );
  }
  return err;
}

int
link_delete( link_t const * at, char const ** step ) {
  nl_msg_t msg;
  int      index, err = find( at, &index, step );
  if( err ) return err;
  struct ifinfomsg * link = nl_start( &msg, RTM_DELLINK, 0, sizeof( *link ) );
  link->ifi_index         = index;
  *step                   = "delete";
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}

int
link_set_mtu( link_t const * at, uint32_t mtu, char const ** step ) {
  nl_msg_t msg;
  int      index, err = find( at, &index, step );
  if( err ) return err;
  struct ifinfomsg * link = nl_start( &msg, RTM_NEWLINK, 0, sizeof( *link ) );
  link->ifi_index         = index;
  nl_put_u32( &msg, IFLA_MTU, mtu );
  *step = "mtu";
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}

int
link_set_carrier( link_t const * at, int on, char const ** step ) {
  if( at->device == PL_LAB_VETH ) { /* a veth has one when both ends are up */
    link_t peer = peer_of( at );
    return link_set_up( &peer, on, step );
  }
  nl_msg_t msg;
  uint8_t  carrier = (uint8_t)on;
  int      index, err = find( at, &index, step );
  if( err ) return err;
  struct ifinfomsg * link = nl_start( &msg, RTM_NEWLINK, 0, sizeof( *link ) );
  link->ifi_index         = index;
  nl_put( &msg, IFLA_CARRIER, &carrier, sizeof( carrier ) );
  *step = "carrier";
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}

/* Starts a request about a queueing discipline. */
static void
start_qdisc( nl_msg_t * msg, uint16_t type, int index, uint32_t parent, uint32_t handle ) {
  uint16_t       flags = type == RTM_NEWQDISC ? NLM_F_CREATE | NLM_F_REPLACE : 0;
  struct tcmsg * tc    = nl_start( msg, type, flags, sizeof( *tc ) );
  *tc = (struct tcmsg){ .tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_parent = parent, .tcm_handle = handle };
}

int
link_set_queue( link_t const * at, uint32_t packets, char const ** step ) {
  nl_msg_t      msg;
  pl_lab_port_t port;
  *step   = "interface";
  int err = link_port( at, &port );
  if( err || !port.name[0] ) return err ? err : ENODEV;
  int index = (int)port.ifindex;
  if( !packets ) {
    *step = "queue off";
    start_qdisc( &msg, RTM_DELQDISC, index, TC_H_ROOT, 0U );
    err = nl_ask( route_of( at ), &msg, NULL, 0UL );
    return err == ENOENT ? 0 : err; /* there was none */
  }

  /* tbf rate 8kbit: a packet a second or so leaves, and what waits is in the queue
     inside it.  One whole frame has to fit into its burst. */
  struct tc_tbf_qopt slow  = { .rate  = { .rate = 1000U, .linklayer = TC_LINKLAYER_ETHERNET },
                               .limit = 1000000U };
  uint32_t           burst = port.mtu + 100U > 1600U ? port.mtu + 100U : 1600U;
  *step                    = "tbf";
  start_qdisc( &msg, RTM_NEWQDISC, index, TC_H_ROOT, TC_H_MAKE( 1U << 16, 0U ) );
  nl_put_str( &msg, TCA_KIND, "tbf" );
  struct rtattr * options = nl_open( &msg, TCA_OPTIONS );
  nl_put( &msg, TCA_TBF_PARMS, &slow, sizeof( slow ) );
  nl_put_u32( &msg, TCA_TBF_BURST, burst );
  nl_close( &msg, options );
  err = nl_ask( route_of( at ), &msg, NULL, 0UL );
  if( err ) return err;

  struct tc_fifo_qopt fifo = { .limit = packets };
  *step                    = "pfifo";
  start_qdisc( &msg, RTM_NEWQDISC, index, TC_H_MAKE( 1U << 16, 1U ), TC_H_MAKE( 2U << 16, 0U ) );
  nl_put_str( &msg, TCA_KIND, "pfifo" );
  nl_put( &msg, TCA_OPTIONS, &fifo, sizeof( fifo ) );
  return nl_ask( route_of( at ), &msg, NULL, 0UL );
}
