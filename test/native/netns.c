#include "netns.h"
#include "net/monitor.h"
#include "running.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int            ns[2]   = { -1, -1 };
static char const *   names[] = { "pl0a", "pl0b" };
static pl_monitor_t * monitor;

/* A message to rtnetlink that grows. */
typedef struct {
  struct nlmsghdr  head;
  struct ifinfomsg info;
  uint8_t          more[512];
} msg_t;

static void *
put( msg_t * m, void const * data, unsigned long sz ) {
  uint8_t * at = (uint8_t *)m + m->head.nlmsg_len;
  if( data ) memcpy( at, data, sz );
  m->head.nlmsg_len += (uint32_t)NLMSG_ALIGN( sz );
  return at;
}

static struct rtattr *
attr( msg_t * m, unsigned short type, void const * data, unsigned long sz ) {
  struct rtattr * a = put( m, NULL, RTA_LENGTH( 0 ) );
  *a                = (struct rtattr){ .rta_type = type, .rta_len = (unsigned short)RTA_LENGTH( sz ) };
  if( data ) put( m, data, sz );
  return a;
}

static void
end_attr( msg_t * m, struct rtattr * a ) {
  a->rta_len = (unsigned short)( (uint8_t *)m + m->head.nlmsg_len - (uint8_t *)a );
}

static int
enter( unsigned end ) {
  return CHECK( !setns( ns[end], CLONE_NEWNET ) );
}

/* Sends a request in the namespace of end.  Returns the kernel's errno. */
static int
ask( unsigned end, msg_t * m ) {
  struct {
    struct nlmsghdr head;
    struct nlmsgerr err;
    uint8_t         more[1024];
  } reply = { 0 };
  if( !enter( end ) ) return EPERM;
  int fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE );
  m->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  int failed = fd < 0 || send( fd, m, m->head.nlmsg_len, 0 ) < 0 || recv( fd, &reply, sizeof( reply ), 0 ) < 0;
  int err    = failed ? errno : -reply.err.error;
  if( fd >= 0 ) close( fd );
  return err;
}

static msg_t
message( unsigned short type, unsigned end, unsigned change, unsigned flags ) {
  msg_t m           = { 0 };
  m.head.nlmsg_len  = NLMSG_LENGTH( sizeof( m.info ) );
  m.head.nlmsg_type = type;
  m.info.ifi_change = change;
  m.info.ifi_flags  = flags;
  enter( end );
  m.info.ifi_index = (int)if_nametoindex( names[end] );
  return m;
}

void
netns_link( unsigned end, int up ) {
  msg_t m = message( RTM_NEWLINK, end, IFF_UP, up ? IFF_UP : 0U );
  CHECK_EQ( ask( end, &m ), 0 );
}

void
netns_mtu_of( unsigned end, unsigned mtu ) {
  msg_t m = message( RTM_NEWLINK, end, 0U, 0U );
  attr( &m, IFLA_MTU, &mtu, sizeof( mtu ) );
  CHECK_EQ( ask( end, &m ), 0 );
}

void
netns_mtu( unsigned mtu ) {
  for( unsigned end = 0U; end < 2U; end++ ) netns_mtu_of( end, mtu );
}

int
netns_remove( unsigned end, char const * name ) {
  msg_t m          = message( RTM_DELLINK, end, 0U, 0U );
  m.info.ifi_index = (int)if_nametoindex( name );
  return CHECK_EQ( ask( end, &m ), 0 );
}

void
netns_delete( void ) {
  (void)netns_remove( 0U, names[0] );
}

static int
create( unsigned mtu ) {
  uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
  msg_t   m      = { .head = { .nlmsg_len   = NLMSG_LENGTH( sizeof( m.info ) ),
                               .nlmsg_type  = RTM_NEWLINK,
                               .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL } };
  attr( &m, IFLA_IFNAME, names[0], 5UL );
  attr( &m, IFLA_MTU, &mtu, sizeof( mtu ) );
  attr( &m, IFLA_ADDRESS, mac, sizeof( mac ) );
  struct rtattr * info = attr( &m, IFLA_LINKINFO, NULL, 0UL );
  attr( &m, IFLA_INFO_KIND, "veth", 4UL );
  struct rtattr *  data = attr( &m, IFLA_INFO_DATA, NULL, 0UL );
  struct rtattr *  peer = attr( &m, VETH_INFO_PEER, NULL, 0UL );
  struct ifinfomsg none = { 0 };
  put( &m, &none, sizeof( none ) );
  mac[5] = 2;
  attr( &m, IFLA_IFNAME, names[1], 5UL );
  attr( &m, IFLA_MTU, &mtu, sizeof( mtu ) );
  attr( &m, IFLA_ADDRESS, mac, sizeof( mac ) );
  attr( &m, IFLA_NET_NS_FD, &ns[1], sizeof( ns[1] ) );
  end_attr( &m, peer );
  end_attr( &m, data );
  end_attr( &m, info );
  return ask( 0U, &m );
}

static void
set_up( void ) {
  for( unsigned end = 0U; end < 2U; end++ ) netns_link( end, 1 );
  for( unsigned end = 0U; end < 2U; end++ ) netns_await( end, 1, 1, -1L );
}

void
netns_create( unsigned mtu ) {
  CHECK_EQ( create( mtu ), 0 );
  set_up();
}

/* Writes one line to a file of /proc.  1, or 0. */
static int
tell( char const * path, char const * line ) {
  int fd = open( path, O_WRONLY | O_CLOEXEC );
  int ok = fd >= 0 && write( fd, line, strlen( line ) ) == (long)strlen( line );
  if( fd >= 0 ) close( fd );
  return ok;
}

/* In a user namespace of its own the process is root, so that programs it starts keep
   their rights there. */
static int
become_root( unsigned uid, unsigned gid ) {
  char line[64];
  (void)tell( "/proc/self/setgroups", "deny" );
  snprintf( line, sizeof( line ), "0 %u 1", uid );
  if( !tell( "/proc/self/uid_map", line ) ) return 0;
  snprintf( line, sizeof( line ), "0 %u 1", gid );
  return tell( "/proc/self/gid_map", line );
}

/* The process's namespace from here on; without IPv6, which would send by itself. */
static char const *
unshared( unsigned end, int flags ) {
  unsigned const uid = geteuid(), gid = getegid();
  if( unshare( flags ) ) return errno == EPERM ? "namespaces are not allowed here" : strerror( errno );
  ns[end] = open( "/proc/self/ns/net", O_RDONLY | O_CLOEXEC );
  if( flags & CLONE_NEWUSER && !become_root( uid, gid ) ) return "the user namespace takes no mapping";
  char const * const ipv6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
  if( !access( ipv6, F_OK ) && !tell( ipv6, "1" ) ) return "IPv6 could not be turned off";
  return ns[end] < 0 ? strerror( errno ) : NULL;
}

static int
route_socket( void ) {
  struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_TC };
  int fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE );
  CHECK( fd >= 0 && !bind( fd, (struct sockaddr *)&at, sizeof( at ) ) );
  return fd;
}

static void
forget( void ) {
  pl_monitor_release( monitor );
}

/* Makes all of it. */
static char const *
make( void ) {
  char const * why = unshared( 0U, geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET );
  if( why ) return why;
  int fd[2];
  fd[0] = route_socket();
  if( ( why = unshared( 1U, CLONE_NEWNET ) ) ) return why;
  fd[1]   = route_socket();
  monitor = pl_monitor_new( fd );
  if( !monitor ) return "out of memory";
  atexit( forget );
  int failed = create( 1500U );
  if( failed ) return failed == EOPNOTSUPP ? "this kernel has no veth" : strerror( failed );
  set_up();
  return NULL;
}

char const *
netns_enter( void ) {
  static int          entered;
  static char const * why;
  if( !entered ) why = make();
  entered = 1;
  return why;
}

void
netns_skip( void const * why ) {
  tap_skip( why );
}

int
netns_go( unsigned end ) {
  return enter( end );
}

/* A packet socket bound to the interface of that name. */
static int
packet_socket( unsigned end, char const * name, uint16_t ethertype ) {
  enter( end );
  int                fd = socket( AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 );
  struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons( ethertype ), .sll_ifindex = (int)if_nametoindex( name ) };
  CHECK( at.sll_ifindex && fd >= 0 && !bind( fd, (struct sockaddr *)&at, sizeof( at ) ) );
  return fd;
}

int
netns_receiver( unsigned end, char const * name ) {
  return packet_socket( end, name, ETH_P_ALL );
}

int
netns_describe( pl_device_t * device, unsigned end, char const * name ) {
  pl_lab_port_t * port = &device->port;
  struct ifreq    req  = { 0 };
  enter( end );
  int fd = socket( AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0 );
  snprintf( req.ifr_name, IFNAMSIZ, "%s", name );
  *port = (pl_lab_port_t){ .ifindex = (uint32_t)if_nametoindex( name ) };
  snprintf( port->name, sizeof( port->name ), "%s", name );
  int ok    = CHECK( !ioctl( fd, SIOCGIFMTU, &req ) );
  port->mtu = (uint32_t)req.ifr_mtu;
  ok &= CHECK( !ioctl( fd, SIOCGIFFLAGS, &req ) );
  port->up = port->carrier = ( req.ifr_flags & IFF_UP ) != 0;
  device->end              = end;
  device->monitor          = monitor;
  close( fd );
  return ok;
}

int
netns_device( pl_device_t * device ) {
  *device = (pl_device_t){ .send_fd = -1, .tag_fd = -1, .recv_fd = -1, .mem_fd = -1 };
  if( !netns_describe( device, PL_LAB_END_A, names[0] ) ) return 0;
  device->send_fd = packet_socket( PL_LAB_END_A, names[0], 0U );
  device->tag_fd  = packet_socket( PL_LAB_END_A, names[0], 0U );
  device->recv_fd = netns_receiver( PL_LAB_END_B, names[1] );
  return CHECK( device->send_fd >= 0 && device->recv_fd >= 0 );
}

void
netns_device_close( pl_device_t const * device ) {
  int const fds[] = { device->send_fd, device->tag_fd, device->recv_fd, device->mem_fd };
  for( int i = 0; i < 4; i++ )
    if( fds[i] >= 0 ) close( fds[i] );
}

int
netns_command( unsigned end, char const * command ) {
  char line[256];
  snprintf( line, sizeof( line ), "%s >/dev/null 2>&1", command );
  return enter( end ) && system( line ) == 0;
}

void
netns_await( unsigned end, int up, int carrier, long mtu ) {
  netns_await_of( end, names[end], up, carrier, mtu );
}

void
netns_await_of( unsigned end, char const * name, int up, int carrier, long mtu ) {
  enter( end );
  uint32_t  ifindex = (uint32_t)if_nametoindex( name );
  pl_link_t link    = { 0 };
  int       there   = 0;
  for( int i = 0; i < 50000; i++ ) {
    pl_monitor_poll( monitor );
    there = pl_monitor_link( monitor, end, ifindex, &link );
    if( there == 1 && ( up < 0 || link.up == up ) && ( carrier < 0 || link.carrier == carrier ) &&
        ( mtu < 0L || link.mtu == (uint32_t)mtu ) )
      return;
    breathe();
  }
  CHECK_EQ( there, 1 );
  if( up >= 0 ) CHECK_EQ( link.up, up );
  if( carrier >= 0 ) CHECK_EQ( link.carrier, carrier );
  if( mtu >= 0L ) CHECK_EQ( link.mtu, mtu );
}
