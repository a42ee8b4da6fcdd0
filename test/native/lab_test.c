/* The lab's helper: what it makes, what it answers, and that nothing outlives it.  Frames go from one end of a pair to the other inside the two
   namespaces of the lab, and nowhere else. */

#include "asked.h"
#include "files.h"
#include "net/lab.h"
#include "net/link_facts.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What is told of end a now. */
static pl_link_facts_t
look( void ) {
  pl_lab_req_t    at    = ask_of( 0U, PL_LAB_END_A, 0U );
  pl_link_facts_t facts = { 0 };
  pl_err_t        err   = { 0 };
  if( !CHECK_EQ( pl_lab_look( lab, &at, &facts, &err ), 0 ) ) printf( "# %s\n", err.sentence );
  return facts;
}

static void
an_interface_is_told_of_in_full( void ) {
  if( !opened( 1U, 1500U ) ) return;
  pl_link_facts_t facts = look();
  CHECK( facts.ifindex && facts.up && facts.carrier && !facts.xdp_attached && facts.threaded != 1 );
  CHECK_EQ( facts.mtu, 1500U );
  CHECK_EQ( facts.tx_queues, 1U );
  CHECK_EQ( facts.queue_limit, 0U );
  CHECK( !strcmp( facts.driver, "veth" ) && !strcmp( facts.qdisc, "noqueue" ) );
  done( PL_LAB_QDISC, PL_LAB_END_A, 4U );
  facts = look();
  CHECK_EQ( facts.queue_limit, 4U );
  CHECK( !strcmp( facts.qdisc, "tbf" ) );
  done( PL_LAB_QDISC, PL_LAB_END_A, 0U );
  CHECK_EQ( look().queue_limit, 0U );
  done( PL_LAB_DELETE, PL_LAB_END_A, 0U );
  CHECK_EQ( look().ifindex, 0U );
  pl_lab_close( lab );
}

/* A queue of four packets behind a slow rate: ENOBUFS from some send on, and never
   again once it is gone. */
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

/* As on a machine that is very busy, or was stopped: the answer comes after a long time. */
static void *
wake_up( void * arg ) {
  sleep( 11U );
  kill( *(int *)arg, SIGCONT );
  return NULL;
}

static void
a_slow_helper_is_waited_for( void ) {
  if( !opened( 1U, 1500U ) ) return;
  int       pid = pl_lab_pid( lab );
  pthread_t thread;
  kill( pid, SIGSTOP );
  CHECK( !pthread_create( &thread, NULL, wake_up, &pid ) );
  CHECK_STR( port_of( 0U, PL_LAB_END_A, PL_LAB_VETH ).name, "pl0a" );
  pthread_join( thread, NULL );
  CHECK( !pl_lab_is_dead( lab ) );
  pl_lab_close( lab );
}

/* Descriptors that this process has no room for cost it the request, and not the lab. */
static void
no_room_for_descriptors( void ) {
  if( !opened( 1U, 1500U ) ) return;
  struct rlimit had, none;
  pl_lab_rep_t  rep;
  pl_err_t      err       = { 0 };
  int           fds[PL_LAB_FDS_MAX], next = dup( 0 );
  pl_lab_req_t  two = ask_of( PL_LAB_LOOK, PL_LAB_END_A, 0U );
  CHECK( next > 0 && !close( next ) && !getrlimit( RLIMIT_NOFILE, &had ) );
  none = had;
  for( unsigned room = 0U; room < 2U; room++ ) { /* of two: none, and one */
    none.rlim_cur = (rlim_t)next + room;
    CHECK( !setrlimit( RLIMIT_NOFILE, &none ) );
    CHECK_EQ( pl_lab_request( lab, &two, &rep, fds, &err ), -1 );
    CHECK( !setrlimit( RLIMIT_NOFILE, &had ) );
    CHECK_EQ( err.err, EMFILE );
    CHECK_HAS( err.sentence, "RLIMIT_NOFILE" );
    CHECK_EQ( rep.fd_cnt, 0 );
    int again = dup( 0 );
    CHECK_EQ( again, next ); /* nothing was left open */
    close( again );
  }
  CHECK( !pl_lab_is_dead( lab ) );
  CHECK_EQ( pl_lab_request( lab, &two, &rep, fds, &err ), 0 );
  CHECK_EQ( rep.fd_cnt, 2 );
  close( fds[0] );
  close( fds[1] );
  pl_lab_close( lab );
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

/* A program that is no helper: what it says is not taken for an answer, and it is ended. */
static void
an_answer_that_is_none( void ) {
  char const * const said[] = { "echo junk", "head -c 300 /dev/zero", "head -c 200000 /dev/zero" };
  for( unsigned i = 0U; i < 3U; i++ ) {
    char const * path = files_new();
    pl_err_t     err  = { 0 };
    FILE *       f    = fopen( path, "w" );
    if( !CHECK( f ) ) return;
    fprintf( f, "#!/bin/sh\ndd bs=64 count=1 <&3 >/dev/null 2>&1\n%s >&3\nexec sleep 60\n", said[i] );
    CHECK( !fclose( f ) && !chmod( path, 0700 ) );
    CHECK( !pl_lab_open( path, 1U, 1500U, &err ) );
    CHECK_EQ( err.err, EPROTO );
    CHECK_STR( err.sentence, "The lab's helper gave an answer that was none and was ended; the lab is gone." );
  }
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
  tap_run( "link, carrier, MTU, delete and create show in the facts", each_control_shows_in_the_facts );
  tap_run( "an interface is told of in full, as it is now", an_interface_is_told_of_in_full );
  tap_run( "a full queue is ENOBUFS, until it is taken away", a_full_queue_is_enobufs );
  tap_run( "wrong requests are answered and the helper lives on", wrong_requests_are_answered );
  tap_run( "an interface that is down can be opened", an_interface_that_is_down_still_opens );
  tap_run( "a killed helper is noticed, reaped and told", a_killed_helper_is_noticed );
  tap_run( "a stopped helper is ended by closing", a_stopped_helper_is_ended_by_closing );
  tap_run( "a slow helper is waited for", a_slow_helper_is_waited_for );
  tap_run( "descriptors without room cost a request, and not the lab", no_room_for_descriptors );
  tap_run( "an answer that is none ends the program that gave it", an_answer_that_is_none );
  tap_run( "what can not start says why", what_can_not_start_says_why );
  return tap_end();
}
