/* The lab's helper: what it makes, what it hands over, what it answers, and that
   nothing outlives it.  Frames go from one end of a pair to the other inside the two
   namespaces of the lab, and nowhere else. */

#include "net/lab.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELPER "dist/ctest/packet-lab-helper"

static pl_lab_t * lab;

/* Opens the lab of a case; where user namespaces are forbidden the case is skipped. */
static int
opened( unsigned pairs, unsigned mtu ) {
  pl_err_t err = { 0 };
  lab          = pl_lab_open( HELPER, pairs, mtu, &err );
  if( lab ) return 1;
  if( !strcmp( err.step, "user namespace" ) && geteuid() )
    tap_skip( "user namespaces are forbidden here" );
  else
    tap_check( 0, __FILE__, __LINE__, err.sentence );
  return 0;
}

static pl_lab_req_t
ask_of( uint16_t op, unsigned end, uint32_t arg ) {
  return (pl_lab_req_t){ .op = op, .end = (uint16_t)end, .arg = { arg } };
}

/* Asks; the errno of the answer (0 = done). What is handed over goes to fds. */
static int
ask( pl_lab_req_t req, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX] ) {
  pl_err_t err = { 0 };
  return pl_lab_request( lab, &req, rep, fds, &err ) ? err.err : 0;
}

/* The one descriptor of an answer, or -1 (a failed check). */
static int
one( pl_lab_req_t req, pl_lab_rep_t * rep ) {
  int fds[PL_LAB_FDS_MAX] = { -1, -1 };
  CHECK_EQ( ask( req, rep, fds ), 0 );
  CHECK_STR( rep->step, "" );
  CHECK_EQ( rep->fd_cnt, 1 );
  return fds[0];
}

static pl_lab_port_t
port_of( unsigned pair, unsigned end, unsigned device ) {
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  pl_lab_req_t req = ask_of( PL_LAB_PORT, end, 0U );
  req.pair         = (uint16_t)pair;
  req.device       = (uint16_t)device;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  return rep.port;
}

/* Does it, which has to succeed, and gives the facts afterwards. */
static pl_lab_port_t
done( uint16_t op, unsigned end, uint32_t arg ) {
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  CHECK_EQ( ask( ask_of( op, end, arg ), &rep, fds ), 0 );
  CHECK_STR( rep.step, "" );
  CHECK_EQ( rep.fd_cnt, 0 );
  return rep.port;
}

static void
make_frame( uint8_t frame[60], pl_lab_port_t const * port, uint8_t mark ) {
  memset( frame, 0, 60UL );
  memcpy( frame, port->peer_mac, 6UL );
  memcpy( frame + 6, port->mac, 6UL );
  frame[12] = 0x88;
  frame[13] = 0xb5; /* local experimental EtherType 1 (IEEE 802) */
  frame[59] = mark;
}

/* Whether exactly this frame is the next one to come, within two seconds. */
static int
arrives( int fd, uint8_t const frame[60] ) {
  uint8_t       got[256];
  struct pollfd wait = { .fd = fd, .events = POLLIN };
  if( poll( &wait, 1UL, 2000 ) != 1 ) return 0;
  return recv( fd, got, sizeof( got ), 0 ) == 60 && !memcmp( got, frame, 60UL );
}

static void
pairs_are_as_asked( void ) {
  if( !opened( 3U, 1400U ) ) return;
  uint32_t seen[6] = { 0 };
  for( unsigned pair = 0U; pair < 3U; pair++ )
    for( unsigned end = 0U; end < 2U; end++ ) {
      pl_lab_port_t p = port_of( pair, end, PL_LAB_VETH );
      char          name[16], addr[INET_ADDRSTRLEN], peer[INET_ADDRSTRLEN], want[32];
      snprintf( name, sizeof( name ), "pl%u%c", pair, end ? 'b' : 'a' );
      CHECK_STR( p.name, name );
      CHECK_EQ( p.mtu, 1400 );
      CHECK( p.up && p.carrier && p.ifindex );
      inet_ntop( AF_INET, &p.addr4, addr, sizeof( addr ) );
      inet_ntop( AF_INET, &p.peer_addr4, peer, sizeof( peer ) );
      snprintf( want, sizeof( want ), "198.18.%u.%u", pair, 1U + end );
      CHECK_STR( addr, want );
      snprintf( want, sizeof( want ), "198.18.%u.%u", pair, 2U - end );
      CHECK_STR( peer, want );
      CHECK_EQ( p.mac[0], 2 );
      pl_lab_port_t other = port_of( pair, !end, PL_LAB_VETH );
      CHECK( !memcmp( p.mac, other.peer_mac, 6UL ) && !memcmp( p.peer_mac, other.mac, 6UL ) );
      seen[pair * 2U + end] = p.ifindex;
    }
  CHECK( seen[0] && seen[0] != seen[2] && seen[2] != seen[4] );
  pl_lab_close( lab );
}

static void
frames_go_from_end_to_end( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t rep;
  uint8_t      frame[60], junk[256];
  int          to   = one( ask_of( PL_LAB_PACKET, PL_LAB_END_B, ETH_P_ALL ), &rep );
  int          from = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  CHECK_STR( rep.port.name, "pl0a" );
  for( uint8_t i = 0U; i < 100U; i++ ) {
    make_frame( frame, &rep.port, i );
    CHECK_EQ( send( from, frame, 60UL, 0 ), 60 );
    if( !CHECK( arrives( to, frame ) ) ) break;
  }
  /* Nobody else speaks on the wire, and a sender does not hear itself. */
  CHECK( recv( to, junk, sizeof( junk ), 0 ) < 0 && errno == EAGAIN );
  CHECK( recv( from, junk, sizeof( junk ), 0 ) < 0 && errno == EAGAIN );
  /* The other way round. */
  int back = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, ETH_P_ALL ), &rep );
  int other = one( ask_of( PL_LAB_PACKET, PL_LAB_END_B, 0U ), &rep );
  make_frame( frame, &rep.port, 7U );
  CHECK_EQ( send( other, frame, 60UL, 0 ), 60 );
  CHECK( arrives( back, frame ) );
  CHECK( recv( to, junk, sizeof( junk ), 0 ) < 0 && errno == EAGAIN ); /* what leaves its end is not there */
  close( other );
  close( to );
  close( from );
  close( back );
  pl_lab_close( lab );
}

static void
udp_reaches_the_other_end( void ) {
  if( !opened( 2U, 1500U ) ) return;
  pl_lab_rep_t rep;
  char         got[16];
  pl_lab_req_t req[2] = { ask_of( PL_LAB_UDP, PL_LAB_END_B, AF_INET ), ask_of( PL_LAB_UDP, PL_LAB_END_A, AF_INET ) };
  req[0].pair = req[1].pair = 1U;
  char               junk[64];
  pl_lab_req_t       sniff  = ask_of( PL_LAB_PACKET, PL_LAB_END_B, ETH_P_ARP );
  sniff.pair                = 1U;
  int                arp    = one( sniff, &rep );
  int                to     = one( req[0], &rep );
  struct sockaddr_in at     = { .sin_family = AF_INET, .sin_addr.s_addr = rep.port.addr4, .sin_port = htons( 9 ) };
  int                from   = one( req[1], &rep );
  CHECK_EQ( bind( to, (struct sockaddr *)&at, sizeof( at ) ), 0 );
  for( int again = 0; again < 2; again++ ) {
    CHECK_EQ( sendto( from, "packet", 6UL, 0, (struct sockaddr *)&at, sizeof( at ) ), 6 );
    struct pollfd wait = { .fd = to, .events = POLLIN };
    CHECK_EQ( poll( &wait, 1UL, 2000 ), 1 );
    CHECK_EQ( recv( to, got, sizeof( got ), 0 ), 6 );
    /* An interface that was down knows its peer again. */
    pl_lab_req_t link = ask_of( PL_LAB_LINK, PL_LAB_END_A, 0U );
    int          fds[PL_LAB_FDS_MAX];
    link.pair = 1U;
    CHECK_EQ( ask( link, &rep, fds ), 0 );
    link.arg[0] = 1U;
    CHECK_EQ( ask( link, &rep, fds ), 0 );
  }
  CHECK( recv( arp, junk, sizeof( junk ), 0 ) < 0 && errno == EAGAIN ); /* nobody asked who has the address */
  close( arp );
  close( to );
  close( from );
  pl_lab_close( lab );
}

static void
each_control_shows_in_the_facts( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t  rep;
  int           fds[PL_LAB_FDS_MAX];
  uint8_t       frame[60];
  int           from = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  pl_lab_port_t p    = rep.port;
  make_frame( frame, &p, 1U );
  p = done( PL_LAB_LINK, PL_LAB_END_A, 0U );
  CHECK( !p.up && !p.carrier );
  CHECK( send( from, frame, 60UL, 0 ) < 0 && errno == ENETDOWN );
  p = port_of( 0U, PL_LAB_END_B, PL_LAB_VETH );
  CHECK( p.up && !p.carrier );
  p = done( PL_LAB_LINK, PL_LAB_END_A, 1U );
  CHECK( p.up && p.carrier );
  /* ENETDOWN above is not waiting to be told again. */
  CHECK_EQ( send( from, frame, 60UL, 0 ), 60 );

  p = done( PL_LAB_CARRIER, PL_LAB_END_A, 0U );
  CHECK( p.up && !p.carrier );
  CHECK( !port_of( 0U, PL_LAB_END_B, PL_LAB_VETH ).up );
  CHECK_EQ( send( from, frame, 60UL, 0 ), 60 ); /* accepted, and lost */
  p = done( PL_LAB_CARRIER, PL_LAB_END_A, 1U );
  CHECK( p.up && p.carrier );

  CHECK_EQ( done( PL_LAB_MTU, PL_LAB_END_A, 9000U ).mtu, 9000 );
  CHECK_EQ( port_of( 0U, PL_LAB_END_B, PL_LAB_VETH ).mtu, 1500 );
  CHECK_EQ( done( PL_LAB_MTU, PL_LAB_END_A, PL_LAB_MTU_MAX ).mtu, PL_LAB_MTU_MAX );
  CHECK_EQ( done( PL_LAB_MTU, PL_LAB_END_A, PL_LAB_MTU_MIN ).mtu, PL_LAB_MTU_MIN );
  CHECK_EQ( done( PL_LAB_MTU, PL_LAB_END_A, 1500U ).mtu, 1500 );

  p            = port_of( 0U, PL_LAB_END_A, PL_LAB_VETH );
  uint32_t was = p.ifindex;
  CHECK_STR( done( PL_LAB_DELETE, PL_LAB_END_B, 0U ).name, "" );
  CHECK_STR( port_of( 0U, PL_LAB_END_A, PL_LAB_VETH ).name, "" );
  CHECK( send( from, frame, 60UL, 0 ) < 0 && ( errno == ENXIO || errno == ENETDOWN ) );
  CHECK_EQ( ask( ask_of( PL_LAB_DELETE, 0U, 0U ), &rep, fds ), ENODEV );
  CHECK_STR( rep.step, "interface" );
  CHECK_EQ( ask( ask_of( PL_LAB_LINK, 0U, 1U ), &rep, fds ), ENODEV );
  CHECK_EQ( ask( ask_of( PL_LAB_PACKET, 0U, 0U ), &rep, fds ), ENODEV );
  p = done( PL_LAB_CREATE, PL_LAB_END_A, 2000U );
  CHECK_STR( p.name, "pl0a" );
  CHECK( p.mtu == 2000U && p.up && p.carrier && p.ifindex != was );
  CHECK_EQ( ask( ask_of( PL_LAB_CREATE, 0U, 1500U ), &rep, fds ), EEXIST );
  CHECK( send( from, frame, 60UL, 0 ) < 0 ); /* the new one is another one */
  close( from );
  pl_lab_close( lab );
}

/* A queue of four packets behind a slow rate: ENOBUFS from some send on, and never
   again once it is gone (nic-facts: 1 + 5 frames of 1000 B and more). */
static void
a_full_queue_is_enobufs( void ) {
  if( !opened( 1U, 1500U ) ) return;
  static uint8_t frame[1514];
  pl_lab_rep_t   rep;
  int            from = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  make_frame( frame, &rep.port, 1U );
  done( PL_LAB_QDISC, PL_LAB_END_A, 4U );
  int taken = 0;
  for( int i = 0; i < 64 && send( from, frame, sizeof( frame ), 0 ) > 0; i++ ) taken++;
  CHECK_EQ( errno, ENOBUFS );
  CHECK( taken >= 4 && taken <= 8 );
  done( PL_LAB_QDISC, PL_LAB_END_A, 8U ); /* again, larger */
  int more = 0;
  for( int i = 0; i < 64 && send( from, frame, sizeof( frame ), 0 ) > 0; i++ ) more++;
  CHECK( more >= 4 && more <= 10 );
  done( PL_LAB_QDISC, PL_LAB_END_A, 0U );
  for( int i = 0; i < 64; i++ )
    if( !CHECK_EQ( send( from, frame, sizeof( frame ), 0 ), sizeof( frame ) ) ) break;
  done( PL_LAB_QDISC, PL_LAB_END_A, 0U ); /* none to take away */
  close( from );
  pl_lab_close( lab );
}

static void
xdp_is_bound_and_mapped( void ) {
  if( !opened( 1U, 1500U ) ) return;
  int          fds[PL_LAB_FDS_MAX];
  pl_lab_rep_t rep;
  pl_lab_req_t req = { .op = PL_LAB_XDP, .arg = { 128U, 64U } };
  uint8_t      frame[60];
  int          to = one( ask_of( PL_LAB_PACKET, PL_LAB_END_B, ETH_P_ALL ), &rep );
  for( int i = 0; i < 4; i++ ) { /* at once again: a queue that is still busy is waited for */
    if( !CHECK_EQ( ask( req, &rep, fds ), 0 ) || !CHECK_EQ( rep.fd_cnt, 2 ) ) break;
    if( i < 3 ) {
      close( fds[0] );
      close( fds[1] );
      continue;
    }
    /* One frame through the transmit ring (Documentation/networking/af_xdp.rst). */
    struct xdp_mmap_offsets off;
    socklen_t               sz = sizeof( off );
    CHECK_EQ( getsockopt( fds[0], SOL_XDP, XDP_MMAP_OFFSETS, &off, &sz ), 0 );
    size_t    ring_sz = off.tx.desc + 64UL * sizeof( struct xdp_desc );
    uint8_t * ring    = mmap( NULL, ring_sz, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], XDP_PGOFF_TX_RING );
    uint8_t * memory  = mmap( NULL, 128UL * PL_LAB_FRAME_SZ, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0 );
    if( !CHECK( ring != MAP_FAILED && memory != MAP_FAILED ) ) break;
    make_frame( frame, &rep.port, 9U );
    memcpy( memory + PL_LAB_FRAME_SZ, frame, 60UL );
    *(struct xdp_desc *)( ring + off.tx.desc ) = (struct xdp_desc){ .addr = PL_LAB_FRAME_SZ, .len = 60U };
    __atomic_store_n( (uint32_t *)( ring + off.tx.producer ), 1U, __ATOMIC_RELEASE );
    CHECK_EQ( sendto( fds[0], NULL, 0UL, MSG_DONTWAIT, NULL, 0 ), 0 );
    CHECK( arrives( to, frame ) );
    CHECK( ftruncate( fds[1], 0 ) < 0 ); /* memory that the kernel uses stays */
    munmap( ring, ring_sz );
    munmap( memory, 128UL * PL_LAB_FRAME_SZ );
    close( fds[0] );
    close( fds[1] );
  }
  req.arg[2] = 1U; /* a veth has no zero-copy */
  CHECK_EQ( ask( req, &rep, fds ), EOPNOTSUPP );
  CHECK_STR( rep.step, "bind" );
  close( to );
  pl_lab_close( lab );
}

static void
a_tap_lives_as_long_as_its_descriptor( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  uint8_t      frame[60];
  if( geteuid() && access( "/dev/net/tun", R_OK | W_OK ) ) {
    CHECK_EQ( ask( ask_of( PL_LAB_TAP, PL_LAB_END_A, 1400U ), &rep, fds ), errno );
    CHECK_STR( rep.step, "open /dev/net/tun" );
    pl_lab_close( lab );
    return;
  }
  int tap = one( ask_of( PL_LAB_TAP, PL_LAB_END_A, 1400U ), &rep );
  CHECK_STR( rep.port.name, "pl0t" );
  CHECK( rep.port.mtu == 1400U && rep.port.up && rep.port.carrier );
  CHECK_EQ( ask( ask_of( PL_LAB_TAP, PL_LAB_END_A, 1400U ), &rep, fds ), EBUSY );
  pl_lab_req_t on_tap = ask_of( PL_LAB_PACKET, PL_LAB_END_A, ETH_P_ALL );
  on_tap.device       = PL_LAB_TUN;
  int sniff           = one( on_tap, &rep );
  make_frame( frame, &rep.port, 3U );
  CHECK_EQ( write( tap, frame, 60UL ), 60 );
  CHECK( arrives( sniff, frame ) );

  pl_lab_req_t req = ask_of( PL_LAB_CARRIER, PL_LAB_END_A, 0U );
  req.device       = PL_LAB_TUN;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  CHECK( rep.port.up && !rep.port.carrier );
  req.op = PL_LAB_LINK;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  CHECK( !rep.port.up );
  CHECK( write( tap, frame, 60UL ) < 0 && errno == EIO );
  req.op     = PL_LAB_MTU;
  req.arg[0] = 1300U;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  CHECK_EQ( rep.port.mtu, 1300 );
  req.op     = PL_LAB_DELETE;
  req.arg[0] = 0U;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  CHECK( write( tap, frame, 60UL ) < 0 && errno == EBADFD );
  close( tap );
  tap = one( ask_of( PL_LAB_TAP, PL_LAB_END_A, 1500U ), &rep );
  close( tap );
  CHECK_STR( port_of( 0U, PL_LAB_END_A, PL_LAB_TUN ).name, "" );
  close( sniff );
  pl_lab_close( lab );
}

/* What is no request gets EINVAL with its step and the helper lives on. */
static void
wrong_requests_are_answered( void ) {
  static struct {
    pl_lab_req_t req;
    int          err;
    char const * step;
  } const wrong[] = { { { .op = 0 }, EINVAL, "op" },
                      { { .op = PL_LAB_OP_END }, EINVAL, "op" },
                      { { .op = PL_LAB_HELLO, .arg = { 1U, 1500U } }, EALREADY, "hello" },
                      { { .op = PL_LAB_PORT, .pair = 1U }, EINVAL, "pair" },
                      { { .op = PL_LAB_PORT, .end = 2U }, EINVAL, "end" },
                      { { .op = PL_LAB_UDP, .device = 1U, .arg = { AF_INET } }, EINVAL, "device" },
                      { { .op = PL_LAB_UDP, .arg = { AF_UNIX } }, EINVAL, "family" },
                      { { .op = PL_LAB_PACKET, .arg = { 65536U } }, EINVAL, "EtherType" },
                      { { .op = PL_LAB_XDP, .arg = { 64U, 63U } }, EINVAL, "slots" },
                      { { .op = PL_LAB_XDP, .arg = { 0U, 64U } }, EINVAL, "frames" },
                      { { .op = PL_LAB_MTU, .arg = { 67U } }, EINVAL, "mtu" },
                      { { .op = PL_LAB_LINK, .arg = { 1U, 1U } }, EINVAL, "arguments" } };
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  for( unsigned i = 0U; i < sizeof( wrong ) / sizeof( wrong[0] ); i++ ) {
    CHECK_EQ( ask( wrong[i].req, &rep, fds ), wrong[i].err );
    CHECK_STR( rep.step, wrong[i].step );
    CHECK_EQ( rep.fd_cnt, 0 );
  }
  CHECK_STR( port_of( 0U, 0U, PL_LAB_VETH ).name, "pl0a" );
  pl_lab_close( lab );
}

static void
an_interface_that_is_down_still_opens( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t rep;
  done( PL_LAB_LINK, PL_LAB_END_A, 0U );
  int fd = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  CHECK( !rep.port.up );
  close( fd );
  pl_lab_close( lab );
}

static int told;

static void
tell( void * arg ) {
  __atomic_store_n( (int *)arg, 1, __ATOMIC_RELEASE );
}

static void
a_killed_helper_is_noticed( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_err_t     err = { 0 };
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX], pid = pl_lab_pid( lab );
  pl_lab_req_t req = ask_of( PL_LAB_PORT, 0U, 0U );
  pl_lab_on_death( lab, tell, &told );
  CHECK( pid > 1 && !pl_lab_is_dead( lab ) );
  kill( pid, SIGKILL );
  for( int i = 0; i < 2000 && !__atomic_load_n( &told, __ATOMIC_ACQUIRE ); i++ ) usleep( 1000 );
  CHECK( told && pl_lab_is_dead( lab ) && !pl_lab_pid( lab ) );
  CHECK_EQ( kill( pid, 0 ), -1 ); /* and reaped */
  CHECK_EQ( pl_lab_request( lab, &req, &rep, fds, &err ), -1 );
  CHECK_EQ( err.err, EPIPE );
  CHECK_STR( err.step, "helper" );
  CHECK_HAS( err.sentence, "helper has ended" );
  pl_lab_close( lab );
}

static void
a_stopped_helper_is_ended_by_closing( void ) {
  if( !opened( 1U, 1500U ) ) return;
  int pid = pl_lab_pid( lab );
  kill( pid, SIGSTOP );
  pl_lab_close( lab );
  CHECK_EQ( kill( pid, 0 ), -1 );
}

static void
what_can_not_start_says_why( void ) {
  pl_err_t err = { 0 };
  CHECK( !pl_lab_open( "dist/ctest/no-such-helper", 1U, 1500U, &err ) );
  CHECK_EQ( err.err, ENOENT );
  CHECK_STR( err.step, "start helper" );
  CHECK_HAS( err.sentence, "no-such-helper" );
  CHECK( !pl_lab_open( "/bin/true", 1U, 1500U, &err ) ); /* ends without a word */
  CHECK_EQ( err.err, EPIPE );
  CHECK( !pl_lab_open( HELPER, 0U, 1500U, &err ) );
  CHECK_STR( err.step, "pairs" );
  CHECK( !pl_lab_open( HELPER, PL_LAB_PAIRS_MAX + 1U, 1500U, &err ) );
  CHECK_STR( err.step, "pairs" );
  CHECK( !pl_lab_open( HELPER, 1U, 20U, &err ) );
  CHECK_STR( err.step, "mtu" );
  /* Started by hand it says what it is. */
  CHECK( system( HELPER " 2>/dev/null" ) == 2 << 8 );
}

static void
as_many_as_there_can_be( void ) {
  if( !opened( PL_LAB_PAIRS_MAX, PL_LAB_MTU_MAX ) ) return;
  pl_lab_port_t p = port_of( PL_LAB_PAIRS_MAX - 1U, PL_LAB_END_B, PL_LAB_VETH );
  CHECK_STR( p.name, "pl15b" );
  CHECK_EQ( p.mtu, PL_LAB_MTU_MAX );
  pl_lab_close( lab );
}

int
main( void ) {
  tap_run( "a lab has its pairs with names, addresses, MTU, up", pairs_are_as_asked );
  tap_run( "as many pairs as there can be, with the largest MTU", as_many_as_there_can_be );
  tap_run( "frames go from end to end and nothing else is on the wire", frames_go_from_end_to_end );
  tap_run( "UDP reaches the other end by its address", udp_reaches_the_other_end );
  tap_run( "link, carrier, MTU, delete and create show in the facts", each_control_shows_in_the_facts );
  tap_run( "a full queue is ENOBUFS, until it is taken away", a_full_queue_is_enobufs );
  tap_run( "an AF_XDP socket sends from the memory that comes with it", xdp_is_bound_and_mapped );
  tap_run( "a TAP device lives as long as its descriptor", a_tap_lives_as_long_as_its_descriptor );
  tap_run( "wrong requests are answered and the helper lives on", wrong_requests_are_answered );
  tap_run( "an interface that is down can be opened", an_interface_that_is_down_still_opens );
  tap_run( "a killed helper is noticed, reaped and told", a_killed_helper_is_noticed );
  tap_run( "a stopped helper is ended by closing", a_stopped_helper_is_ended_by_closing );
  tap_run( "what can not start says why", what_can_not_start_says_why );
  return tap_end();
}
