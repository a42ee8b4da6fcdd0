/* What the lab's helper hands over works: packet sockets, UDP sockets, an AF_XDP socket with
   its memory, a TAP device.  Frames stay inside the two namespaces of the lab. */

#include "asked.h"
#include "net/lab.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Closes what keeps the queue busy, after so long as it may take on a busy machine. */
static void *
free_queue( void * arg ) {
  int const * fds = arg;
  usleep( 500000 );
  close( fds[0] );
  close( fds[1] );
  return NULL;
}

/* The kernel frees the queue of a closed socket late: it is waited for. */
static void
a_queue_that_is_busy_is_waited_for( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_lab_rep_t rep;
  pthread_t    thread;
  int          had[PL_LAB_FDS_MAX], fds[PL_LAB_FDS_MAX];
  pl_lab_req_t req = { .op = PL_LAB_XDP, .arg = { 16U, 16U } };
  int          err = ask( req, &rep, had );
  if( err == EAFNOSUPPORT ) tap_skip( "this kernel has no AF_XDP sockets" );
  else if( CHECK_EQ( err, 0 ) && CHECK( !pthread_create( &thread, NULL, free_queue, had ) ) ) {
    if( CHECK_EQ( ask( req, &rep, fds ), 0 ) ) free_queue( fds );
    pthread_join( thread, NULL );
  }
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

int
main( void ) {
  tap_run( "frames go from end to end and nothing else is on the wire", frames_go_from_end_to_end );
  tap_run( "UDP reaches the other end by its address", udp_reaches_the_other_end );
  tap_run( "an AF_XDP socket sends from the memory that comes with it", xdp_is_bound_and_mapped );
  tap_run( "an AF_XDP queue that is busy for a while is waited for", a_queue_that_is_busy_is_waited_for );
  tap_run( "a TAP device lives as long as its descriptor", a_tap_lives_as_long_as_its_descriptor );
  return tap_end();
}
