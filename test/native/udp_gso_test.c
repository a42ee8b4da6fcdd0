/* udp: runs of equal datagrams go as one message and arrive as they were, on loopback and
   between the two ends of a pair; what the kernel will not cut goes one by one. */

#include "frames.h"
#include "handed.h"
#include "net/monitor.h"
#include "opened.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH (200UL)

/* Frames in a row: where they go, and their bytes. */
typedef struct {
  pl_aio_pkt_info_t pkt[BATCH];
  uint8_t           bytes[BATCH][4096];
  unsigned long     cnt;
} train_t;

static train_t train;

/* A socket that receives at an address, with room for everything. */
static int
receiver( char const * address, uint16_t * port ) {
  struct sockaddr_in at   = { .sin_family = AF_INET };
  socklen_t          sz   = sizeof( at );
  int                room = 64 << 20;
  int                fd   = socket( AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 );
  inet_pton( AF_INET, address, &at.sin_addr );
  if( setsockopt( fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof( room ) ) )
    CHECK( !setsockopt( fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof( room ) ) );
  CHECK( fd >= 0 && !bind( fd, (struct sockaddr *)&at, sz ) && !getsockname( fd, (struct sockaddr *)&at, &sz ) );
  *port = ntohs( at.sin_port );
  return fd;
}

/* Adds a frame of payload bytes to an address. */
static void
add( unsigned long payload, char const * address, uint16_t port ) {
  if( !CHECK( train.cnt < BATCH ) ) return;
  uint8_t * b = train.bytes[train.cnt];
  frame_fill( b, 42UL + payload, train.cnt, 0x0800 );
  inet_pton( AF_INET, address, b + 30 );
  b[36] = (uint8_t)( port >> 8 );
  b[37] = (uint8_t)port;
  train.pkt[train.cnt++] = (pl_aio_pkt_info_t){ .buf = b, .buf_sz = (uint16_t)( 42UL + payload ) };
}

/* Whether exactly the train's datagrams for that port arrive, in order. */
static void
check_arrival( int fd, uint16_t port ) {
  static uint8_t got[65536];
  for( unsigned long i = 0UL; i < train.cnt; i++ ) {
    uint8_t const * b = train.pkt[i].buf;
    if( !b || ( b[36] << 8 | b[37] ) != port ) continue;
    long n = -1L;
    for( int tries = 0; tries < 5000 && ( n = recv( fd, got, sizeof( got ), 0 ) ) < 0; tries++ ) usleep( 200 );
    if( !CHECK_EQ( n, train.pkt[i].buf_sz - 42 ) || !CHECK( !memcmp( got, b + 42, (unsigned long)n ) ) ) return;
  }
  CHECK( recv( fd, got, sizeof( got ), 0 ) < 0 );
}

static pl_backend_t *
open_udp( char const * gso ) {
  pl_opt_t const opt = { .name = "gso", .str = gso };
  pl_err_t       err = { 0 };
  pl_backend_t * b   = pl_backend_open( "udp", &opt, 1UL, 0, &err );
  CHECK_STR( err.sentence, "" );
  return b;
}

/* Every kind of run in one train: equal ones, more than 64 of them, single ones, none of
   no bytes, other ports, and the largest. */
static void
fill_train( char const * address, uint16_t port, uint16_t other, unsigned long most ) {
  train.cnt = 0UL;
  for( int i = 0; i < 70; i++ ) add( 18UL, address, port );
  add( 19UL, address, port );
  add( 0UL, address, port );
  add( 0UL, address, port );
  train.pkt[train.cnt - 1UL].buf_sz = 42U;
  for( int i = 0; i < 3; i++ ) add( 100UL, address, port );
  for( int i = 0; i < 3; i++ ) add( 100UL, address, other );
  for( int i = 0; i < 2; i++ ) add( 100UL, address, port );
  add( 1UL, address, port );
  for( int i = 0; i < 40; i++ ) add( most, address, port );
  add( 7UL, address, port );
}

static void
arrives_on_loopback( void const * gso ) {
  uint16_t       port, other;
  int            fd = receiver( "127.0.0.1", &port ), fd2 = receiver( "127.0.0.1", &other );
  pl_backend_t * b  = open_udp( gso );
  if( !b ) return;
  fill_train( "127.0.0.1", port, other, 4054UL );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, train.cnt, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, train.cnt );
  CHECK_EQ( b->late_errors, 0UL );
  check_arrival( fd, port );
  check_arrival( fd2, other );
  close( fd );
  close( fd2 );
  pl_backend_close( b );
}

/* A frame that cannot be sent, and one of no bytes, in the middle of a run. */
static void
the_index_is_exact( void const * gso ) {
  uint16_t       port;
  int            fd  = receiver( "127.0.0.1", &port );
  unsigned long  idx = 0UL;
  pl_backend_t * b   = open_udp( gso );
  if( !b ) return;
  for( unsigned long bad = 0UL; bad < 12UL; bad++ ) {
    train.cnt = 0UL;
    for( unsigned long i = 0UL; i < 12UL; i++ ) add( 50UL, "127.0.0.1", port );
    train.pkt[5].buf_sz          = 0U;
    uint8_t * const frame        = train.bytes[bad];
    unsigned long const expected = bad == 5UL ? 12UL : bad;
    frame[30]                    = 8U; /* no loopback address */
    CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 12UL, &idx, 1 ), bad == 5UL ? PL_AIO_SUCCESS : PL_AIO_ERR_INVAL );
    if( bad != 5UL ) CHECK_EQ( idx, bad );
    train.cnt        = expected;
    train.pkt[5].buf = NULL;
    check_arrival( fd, port );
  }
  close( fd );
  pl_backend_close( b );
}

/* A message goes as a whole or not at all: AGAIN is at its first packet, and nothing is
   sent twice or left out.  Nobody reads the other end of the pair's queue. */
static void
a_full_buffer_is_again_at_the_index( void const * gso ) {
  pl_device_t    device;
  uint16_t       port;
  unsigned long  at = 0UL, agains = 0UL;
  pl_opt_t const opts[] = { { "gso", 0, gso }, { "sndbuf", 4608, NULL } };
  pl_err_t       err    = { 0 };
  if( !handed_udp( &device ) ) return;
  netns_go( PL_LAB_END_B );
  int            fd = receiver( "198.18.0.2", &port );
  pl_backend_t * b  = pl_backend_open_on( "udp", opts, 2UL, &device, &err );
  if( !CHECK( b ) ) return;
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a root tbf rate 2mbit burst 3000 limit 1000000" ) );
  train.cnt = 0UL;
  for( int i = 0; i < 190; i++ ) add( 500UL, "198.18.0.2", port );
  for( int tries = 0; tries < 50000 && at < train.cnt; tries++ ) {
    unsigned long idx  = 0UL;
    int           code = pl_aio_send( &b->aio, train.pkt + at, train.cnt - at, &idx, 1 );
    if( code == PL_AIO_SUCCESS ) idx = train.cnt - at;
    else CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    agains += code != PL_AIO_SUCCESS;
    at += idx;
    CHECK_EQ( b->completed, at );
    usleep( 100 );
  }
  CHECK( agains > 0UL );
  CHECK_EQ( at, train.cnt );
  check_arrival( fd, port );
  netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" );
  close( fd );
  pl_backend_close( b );
}

/* A queue of the interface that is full is AGAIN at the index of the message (IP_RECVERR has the
   kernel say so), and nothing is sent twice or left out. */
static void
a_full_queue_is_again_at_the_index( void const * gso ) {
  pl_device_t    device;
  uint16_t       port;
  unsigned long  idx = 0UL;
  pl_opt_t const opt = { "gso", 0, gso };
  pl_err_t       err = { 0 };
  if( !handed_udp( &device ) ) return;
  netns_go( PL_LAB_END_B );
  int            fd = receiver( "198.18.0.2", &port );
  pl_backend_t * b  = pl_backend_open_on( "udp", &opt, 1UL, &device, &err );
  if( !CHECK( b ) ) return;
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a root handle 1: tbf rate 8kbit burst 1600 limit 1000000" ) );
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a parent 1: pfifo limit 4" ) );
  train.cnt = 0UL;
  for( int i = 0; i < 20; i++ ) add( 1000UL + (unsigned long)i, "198.18.0.2", port ); /* of several sizes: none is one message with another */
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 20UL, &idx, 1 ), PL_AIO_ERR_AGAIN );
  CHECK( idx >= 4UL && idx <= 7UL ); /* one at once, one at the rate's hand, four in the queue */
  CHECK_STR( cause_of( b ), "qdisc full: the queue of the interface dropped the datagram for want of room." );
  CHECK_EQ( b->completed, idx );
  CHECK_EQ( b->late_errors, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt + idx, 1UL, NULL, 1 ), PL_AIO_ERR_AGAIN );
  netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" ); /* what waits in it is dropped */
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt + idx, 20UL - idx, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 20UL );
  close( fd );
  pl_backend_close( b );
}

/* Nobody listens at the peer: told later, of earlier datagrams, which stay sent. */
static void
a_closed_port_is_a_late_error( void ) {
  pl_device_t  device;
  pl_err_t     err = { 0 };
  char         text[PL_SENTENCE_MAX];
  if( !handed_udp( &device ) ) return;
  CHECK( netns_command( PL_LAB_END_B, "ip neigh replace 198.18.0.1 lladdr 02:00:00:00:00:01 dev pl0b" ) );
  pl_opt_t const opt = { "gso", 0, "off" };
  pl_backend_t * b   = pl_backend_open_on( "udp", &opt, 1UL, &device, &err );
  if( !CHECK( b ) ) return;
  train.cnt = 0UL;
  add( 30UL, "198.18.0.2", 9U );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, NULL, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ) == PL_AIO_SUCCESS && b->late_errors );
  CHECK_EQ( b->late_errors, 1UL );
  b->def->cause_text( &b->late, text, sizeof( text ) );
  CHECK_STR( text, "An earlier datagram to 198.18.0.2 port 9 came back: Connection refused." );
  CHECK_EQ( b->completed, 1UL );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, NULL, 1 ), PL_AIO_SUCCESS ); /* and is no refusal of this one */
  CHECK_EQ( b->completed, 2UL );
  pl_backend_close( b );
}

static void
arrives_in_a_lab( void const * gso ) {
  pl_device_t    device;
  uint16_t       port, other;
  pl_opt_t const opt = { .name = "gso", .str = gso };
  pl_err_t       err = { 0 };
  if( !handed_udp( &device ) ) return;
  netns_go( PL_LAB_END_B );
  int            fd = receiver( "198.18.0.2", &port ), fd2 = receiver( "198.18.0.2", &other );
  pl_backend_t * b  = pl_backend_open_on( "udp", &opt, 1UL, &device, &err );
  if( !CHECK( b ) ) return;
  /* The largest that is one packet at this MTU, and then one that is none: the kernel cuts
     no segments that it would have to cut again. */
  unsigned long const most[] = { 1472UL, 1473UL, 3000UL };
  for( int i = 0; i < 3; i++ ) {
    fill_train( "198.18.0.2", port, other, most[i] );
    CHECK_EQ( pl_aio_send( &b->aio, train.pkt, train.cnt, NULL, 1 ), PL_AIO_SUCCESS );
    check_arrival( fd, port );
    check_arrival( fd2, other );
  }
  CHECK_EQ( b->late_errors, 0UL );
  /* One message is one system call for up to 64 messages: 600 datagrams and few calls. */
  if( !strcmp( gso, "on" ) ) CHECK( b->kicks < 40UL );
  close( fd );
  close( fd2 );
  pl_backend_close( b );
}

static void
only_the_addresses_of_the_pair( void ) {
  pl_device_t    device;
  pl_err_t       err = { 0 };
  uint16_t       port;
  unsigned long  idx = 9UL;
  if( !handed_udp( &device ) ) return;
  int            fd = receiver( "127.0.0.1", &port ); /* in the namespace of the socket */
  pl_backend_t * b  = pl_backend_open_on( "udp", NULL, 0UL, &device, &err );
  if( !CHECK( b ) ) return;
  train.cnt = 0UL;
  add( 30UL, "127.0.0.1", port );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, &idx, 1 ), PL_AIO_SUCCESS );
  check_arrival( fd, port );
  char const * const others[] = { "198.18.0.3", "198.18.1.2", "8.8.8.8", "198.18.0.0" };
  for( int i = 0; i < 4; i++ ) {
    train.cnt = 0UL;
    add( 30UL, others[i], port );
    CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, &idx, 1 ), PL_AIO_ERR_INVAL );
    CHECK_STR( cause_of( b ), "Frame of 72 B holds no datagram to send: its destination is not 198.18.0.2 or 198.18.0.1, the "
                              "addresses of the pair, and not in 127.0.0.0/8; nothing else is sent to." );
  }
  close( fd );
  pl_backend_close( b );
}

/* Without a route: link down.  With one and nobody there: lost, and counted so. */
static void
link_and_peer_down( void ) {
  pl_device_t    device;
  pl_err_t       err = { 0 };
  unsigned long  idx = 9UL;
  if( !handed_udp( &device ) ) return;
  pl_backend_t * b = pl_backend_open_on( "udp", NULL, 0UL, &device, &err );
  if( !CHECK( b ) ) return;
  train.cnt = 0UL;
  for( int i = 0; i < 5; i++ ) add( 30UL, "198.18.0.2", 9U );
  netns_link( PL_LAB_END_A, 0 );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 5UL, &idx, 1 ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The interface is down." );
  CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
  CHECK_STR( b->state.sentence, "pl0a is down: frames wait until it is set up again." );
  netns_link( PL_LAB_END_A, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  CHECK( netns_command( PL_LAB_END_A, "ip neigh replace 198.18.0.2 lladdr 02:00:00:00:00:02 dev pl0a" ) );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 5UL, &idx, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  netns_link( PL_LAB_END_B, 0 );
  netns_await( PL_LAB_END_A, 1, 0, -1L );
  MOVE_UNTIL( b, pl_aio_send( &b->aio, train.pkt, 5UL, &idx, 1 ) == PL_AIO_SUCCESS && b->no_carrier );
  CHECK_EQ( b->no_carrier % 5UL, 0UL );
  netns_link( PL_LAB_END_B, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  netns_delete();
  for( int i = 0; i < 2; i++ ) { /* the first finds out by itself: there is no route any more, as with the link down */
    CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 5UL, &idx, 1 ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 0UL );
    CHECK_STR( cause_of( b ), "The interface was removed." );
    CHECK_EQ( b->state.state, PL_STATE_REMOVED );
  }
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  pl_backend_close( b );
}

/* Without a queue none is full: the kernel says the same (ENOBUFS) while the peer goes down, and when
   its MTU has no room. */
static void
no_room_without_a_queue( void ) {
  pl_device_t   device;
  pl_err_t      err = { 0 };
  unsigned long idx = 9UL, again = 0UL;
  if( !handed_udp( &device ) ) return;
  pl_backend_t * b = pl_backend_open_on( "udp", NULL, 0UL, &device, &err );
  if( !CHECK( b ) ) return;
  netns_mtu_of( PL_LAB_END_B, 1000U );
  train.cnt = 0UL;
  add( 1000UL, "198.18.0.2", 9U );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, &idx, 1 ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The peer drops the frame of 1042 B: its MTU is 1000, less than that of the interface." );
  netns_mtu_of( PL_LAB_END_B, 1500U );
  CHECK_EQ( pl_aio_send( &b->aio, train.pkt, 1UL, NULL, 1 ), PL_AIO_SUCCESS );
  for( int turn = 0; turn < 20 && again < 5UL; turn++ ) {
    netns_link( PL_LAB_END_B, 0 );
    for( int i = 0; i < 5; i++ ) {
      if( pl_aio_send( &b->aio, train.pkt, 1UL, NULL, 1 ) == PL_AIO_SUCCESS ) continue; /* swallowed by now */
      CHECK_STR( cause_of( b ), "No carrier: the peer of the interface is down." );
      again++;
    }
    netns_link( PL_LAB_END_B, 1 );
    netns_await( PL_LAB_END_A, 1, 1, -1L );
  }
  CHECK( again > 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  pl_backend_close( b );
}

static void
for_both( char const * what, void ( *fn )( void const * gso ) ) {
  char name[160];
  snprintf( name, sizeof( name ), "gso=on: %s", what );
  tap_run_with( name, fn, "on" );
  snprintf( name, sizeof( name ), "gso=off: %s", what );
  tap_run_with( name, fn, "off" );
}

int
main( void ) {
  for_both( "runs of equal datagrams arrive on loopback as they were", arrives_on_loopback );
  for_both( "the index is that of the packet", the_index_is_exact );
  char const * why = netns_enter();
  if( !why && !netns_command( PL_LAB_END_A, "ip -V" ) ) why = "ip is missing; on Debian: apt-get install iproute2";
  if( why ) {
    tap_run_with( "udp in a lab", netns_skip, why );
    return tap_end();
  }
  for_both( "runs arrive at the other end of a pair, and what cannot be cut goes one by one", arrives_in_a_lab );
  tap_run( "only the addresses of the pair and loopback are sent to", only_the_addresses_of_the_pair );
  tap_run( "a closed port at the peer is a late error", a_closed_port_is_a_late_error );
  if( netns_command( PL_LAB_END_A, "tc -V" ) ) {
    for_both( "a full socket buffer is AGAIN at the index of the message", a_full_buffer_is_again_at_the_index );
    for_both( "a full queue is AGAIN at the index of the message", a_full_queue_is_again_at_the_index );
  } else tap_run_with( "a full socket buffer or queue", netns_skip, "tc is missing; on Debian: apt-get install iproute2" );
  tap_run( "without a queue none is said to be full", no_room_without_a_queue );
  tap_run( "link down is AGAIN, no carrier is counted, a deleted interface is removed", link_and_peer_down );
  return tap_end();
}
