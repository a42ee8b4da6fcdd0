/* What anybody may ask about an interface, for a veth pair of this test's own. */

#include "net/link_facts.h"
#include "netns.h"
#include "tap.h"

/* From the namespace of end a. */
static pl_link_facts_t
look( char const * name ) {
  pl_link_facts_t facts;
  netns_go( PL_LAB_END_A );
  memset( &facts, 0xff, sizeof( facts ) );
  CHECK_EQ( pl_link_facts( name, &facts ), 0 );
  return facts;
}

static void
nobody_has_such_a_name( void ) {
  char const * const names[] = { "", "pl9a", "a-name-of-16-char", "a name that is much longer than any interface may have", "pl0a\n" };
  for( unsigned long i = 0UL; i < sizeof( names ) / sizeof( names[0] ); i++ ) {
    pl_link_facts_t facts = look( names[i] );
    CHECK_EQ( facts.ifindex, 0U );
    CHECK( !facts.up && !facts.driver[0] && !facts.qdisc[0] && facts.xdp_native == -1 && facts.xdp_zero_copy == -1 );
  }
}

static void
follows_the_pair( void ) {
  pl_link_facts_t facts = look( "pl0a" );
  CHECK( facts.ifindex && facts.up && facts.carrier && !facts.xdp_attached );
  CHECK_EQ( facts.mtu, 1500U );
  CHECK( facts.tx_queues >= 1U && facts.rx_queues >= 1U );
  CHECK( !strcmp( facts.driver, "veth" ) );
  CHECK( !strcmp( facts.qdisc, "noqueue" ) );
  netns_link( PL_LAB_END_B, 0 );
  facts = look( "pl0a" );
  CHECK( facts.up && !facts.carrier );
  netns_link( PL_LAB_END_A, 0 );
  netns_mtu( 9000U );
  facts = look( "pl0a" );
  CHECK( facts.ifindex && !facts.up && !facts.carrier );
  CHECK_EQ( facts.mtu, 9000U );
}

static void
is_of_this_namespace( void ) {
  CHECK_EQ( look( "pl0b" ).ifindex, 0U );
  pl_link_facts_t facts;
  netns_go( PL_LAB_END_B );
  CHECK_EQ( pl_link_facts( "pl0b", &facts ), 0 );
  CHECK( facts.ifindex != 0U );
  netns_delete();
  CHECK_EQ( look( "pl0a" ).ifindex, 0U );
}

int
main( void ) {
  char const * why = netns_enter();
  if( why ) {
    tap_run_with( "facts about a veth pair", netns_skip, why );
    return tap_end();
  }
  tap_run( "a name that nobody has", nobody_has_such_a_name );
  tap_run( "link, carrier, MTU, driver and queue discipline are told as they are", follows_the_pair );
  tap_run( "interfaces of another namespace are not told", is_of_this_namespace );
  return tap_end();
}
