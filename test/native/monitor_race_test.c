/* Many threads poll and look while the interfaces change under them. */

#include "net/monitor.h"
#include "netns.h"
#include "running.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS (3)

static pl_device_t device;
static atomic_int  over;
static atomic_long seen_up, seen_down;

static void *
watch( void * arg ) {
  (void)arg;
  while( !atomic_load( &over ) ) {
    pl_link_t link;
    pl_monitor_poll( device.monitor );
    int there = pl_monitor_link( device.monitor, PL_LAB_END_A, device.port.ifindex, &link );
    if( !CHECK_EQ( there, 1 ) || !CHECK( link.mtu == 1500U || link.mtu == 1400U ) ) break;
    atomic_fetch_add( link.up ? &seen_up : &seen_down, 1L );
    CHECK( link.up || !link.carrier );
  }
  return NULL;
}

static void
many_look_at_once( void ) {
  pthread_t threads[THREADS];
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  for( int i = 0; i < THREADS; i++ ) pthread_create( &threads[i], NULL, watch, NULL );
  for( int i = 0; i < 100; i++ ) {
    netns_link( PL_LAB_END_A, i & 1 );
    netns_mtu( i & 2 ? 1500U : 1400U );
    breathe();
  }
  for( int i = 0; i < 50000 && ( !atomic_load( &seen_up ) || !atomic_load( &seen_down ) ); i++ ) breathe();
  atomic_store( &over, 1 );
  for( int i = 0; i < THREADS; i++ ) pthread_join( threads[i], NULL );
  CHECK( atomic_load( &seen_up ) > 0L && atomic_load( &seen_down ) > 0L );
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
}

/* Who still holds it reads that nothing is there any more. */
static void
an_end_is_seen_by_all( void ) {
  pl_link_t      link;
  pl_monitor_t * held = pl_monitor_hold( device.monitor );
  CHECK_EQ( pl_monitor_link( held, PL_LAB_END_A, device.port.ifindex, &link ), 1 );
  pl_monitor_end( held );
  CHECK( pl_monitor_ended( held ) );
  pl_monitor_poll( held );
  CHECK_EQ( pl_monitor_link( held, PL_LAB_END_A, device.port.ifindex, &link ), 0 );
  pl_monitor_release( held );
  pl_monitor_release( NULL );
  CHECK( !pl_monitor_hold( NULL ) );
}

int
main( void ) {
  char const * why = netns_enter();
  if( why ) {
    tap_run_with( "threads at the monitor", netns_skip, why );
    return tap_end();
  }
  if( !netns_device( &device ) ) return 1;
  tap_run( "many look at once while interfaces change", many_look_at_once );
  tap_run( "an end is seen by all", an_end_is_seen_by_all );
  netns_device_close( &device );
  return tap_end();
}
