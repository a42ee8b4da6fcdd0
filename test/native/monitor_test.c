/* What the kernel tells about interfaces, for a veth pair of this test's own. */

#include "net/monitor.h"
#include "netns.h"
#include "running.h"
#include "tap.h"

static pl_device_t device;

static void
knows_from_the_start( void ) {
  pl_link_t link;
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  CHECK_EQ( pl_monitor_link( device.monitor, PL_LAB_END_A, 9999U, &link ), 0 );
  CHECK_EQ( pl_monitor_link( device.monitor, PL_LAB_END_A, 1U, &link ), 1 ); /* lo, which is down */
  CHECK( !link.up && !link.carrier && !link.peer );
  CHECK_EQ( pl_monitor_link( device.monitor, PL_LAB_END_A, device.port.ifindex, &link ), 1 );
  pl_link_t peer;
  CHECK_EQ( pl_monitor_link( device.monitor, PL_LAB_END_B, link.peer, &peer ), 1 );
  CHECK_EQ( peer.peer, device.port.ifindex );
}

static void
follows_link_carrier_and_mtu( void ) {
  netns_link( PL_LAB_END_A, 0 );
  netns_await( PL_LAB_END_A, 0, 0, 1500L );
  netns_link( PL_LAB_END_A, 1 );
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  netns_link( PL_LAB_END_B, 0 );
  netns_await( PL_LAB_END_A, 1, 0, 1500L );
  netns_await( PL_LAB_END_B, 0, 0, 1500L );
  netns_link( PL_LAB_END_B, 1 );
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  netns_mtu( 9000U );
  netns_await( PL_LAB_END_A, 1, 1, 9000L );
  netns_await( PL_LAB_END_B, 1, 1, 9000L );
  netns_mtu( 1500U );
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
}

/* Polls until a has a queue or none. */
static int
has_queue( int queue ) {
  pl_link_t link = { 0 };
  for( int i = 0; i < 50000; i++ ) {
    pl_monitor_poll( device.monitor );
    if( pl_monitor_link( device.monitor, PL_LAB_END_A, device.port.ifindex, &link ) == 1 && link.queue == queue ) return 1;
    breathe();
  }
  return 0;
}

/* Nothing is told of it with the interface itself. */
static void
follows_the_queue( void ) {
  if( !netns_command( PL_LAB_END_A, "tc -V" ) ) {
    tap_skip( "tc is missing; on Debian: apt-get install iproute2" );
    return;
  }
  CHECK( has_queue( 0 ) );
  for( int i = 0; i < 20; i++ ) {
    CHECK( netns_command( PL_LAB_END_A, i & 1 ? "tc qdisc add dev pl0a root pfifo limit 7" : "tc qdisc replace dev pl0a root tbf rate 8kbit burst 1600 limit 1000000" ) );
    CHECK( has_queue( 1 ) );
    CHECK( netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" ) );
    CHECK( has_queue( 0 ) );
  }
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
}

static int
gone( uint32_t ifindex ) {
  pl_link_t link;
  for( int i = 0; i < 50000; i++ ) {
    pl_monitor_poll( device.monitor );
    if( !pl_monitor_link( device.monitor, PL_LAB_END_A, ifindex, &link ) ) return 1;
    breathe();
  }
  return 0;
}

static void
a_deleted_interface_stays_gone( void ) {
  pl_link_t link;
  netns_delete();
  CHECK( gone( device.port.ifindex ) );
  netns_create( 1400U );
  netns_await( PL_LAB_END_A, 1, 1, 1400L );
  CHECK_EQ( pl_monitor_link( device.monitor, PL_LAB_END_A, device.port.ifindex, &link ), 0 );
  netns_mtu( 1500U );
}

/* More messages than the socket holds: some are never told. */
static void
what_was_not_told_is_asked_for( void ) {
  pl_device_t before;
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  if( !netns_device( &before ) ) return;
  for( int i = 0; i < 600; i++ ) netns_link( PL_LAB_END_A, i & 1 );
  netns_delete();
  netns_create( 1300U );
  netns_await( PL_LAB_END_A, 1, 1, 1300L );
  netns_await( PL_LAB_END_B, 1, 1, 1300L );
  CHECK( gone( before.port.ifindex ) );
  netns_device_close( &before );
}

int
main( void ) {
  char const * why = netns_enter();
  if( why ) {
    tap_run_with( "the monitor on a veth pair", netns_skip, why );
    return tap_end();
  }
  if( !netns_device( &device ) ) return 1;
  tap_run( "all interfaces are known from the start", knows_from_the_start );
  tap_run( "link, carrier and MTU are followed", follows_link_carrier_and_mtu );
  tap_run( "a queue that comes and goes is followed", follows_the_queue );
  tap_run( "a deleted interface stays gone when its name comes back", a_deleted_interface_stays_gone );
  tap_run( "what the socket had no room for is asked for", what_was_not_told_is_asked_for );
  netns_device_close( &device );
  return tap_end();
}
