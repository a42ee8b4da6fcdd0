/* The lab helper's check of requests: whatever bytes come, only what the table in
   pl_lab.h allows is accepted, and what is refused has a step that fits into a reply.
   The first byte is the number of pairs there are. */

#include "target.h"

#include "pl_lab.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int
between( uint32_t v, uint32_t min, uint32_t max ) {
  return v >= min && v <= max;
}

/* The table, said once more and in another way: by what is allowed. */
static int
allowed( pl_lab_req_t const * r, unsigned pairs ) {
  uint32_t const * a      = r->arg;
  unsigned const   unused = ( !a[1] && !a[2] && !a[3] ) ? 1U : ( !a[2] && !a[3] ) ? 2U : !a[3] ? 3U : 4U;
  unsigned const   used   = unused == 1U && !a[0] ? 0U : unused;
  if( r->op == PL_LAB_HELLO )
    return !pairs && !r->pair && !r->end && !r->device && used <= 2U && between( a[0], 1U, PL_LAB_PAIRS_MAX ) &&
           between( a[1], PL_LAB_MTU_MIN, PL_LAB_MTU_MAX );
  if( r->pair >= pairs || r->end > 1U || r->device > 1U ) return 0;
  switch( r->op ) {
  case PL_LAB_PORT:
  case PL_LAB_LOOK:
  case PL_LAB_DELETE: return !used;
  case PL_LAB_PACKET: return used <= 1U && a[0] <= 0xffffU;
  case PL_LAB_XDP:
    return !r->device && used <= 3U && between( a[0], 1U, PL_LAB_FRAMES_MAX ) &&
           __builtin_popcount( a[1] ) == 1 && between( a[1], 2U, PL_LAB_SLOTS_MAX ) && a[2] <= 1U;
  case PL_LAB_UDP: return !r->device && used <= 1U && ( a[0] == AF_INET || a[0] == AF_INET6 );
  case PL_LAB_CREATE: return !r->device && used <= 1U && between( a[0], PL_LAB_MTU_MIN, PL_LAB_MTU_MAX );
  case PL_LAB_TAP:
  case PL_LAB_MTU: return used <= 1U && between( a[0], PL_LAB_MTU_MIN, PL_LAB_MTU_MAX );
  case PL_LAB_LINK:
  case PL_LAB_CARRIER: return used <= 1U && a[0] <= 1U;
  case PL_LAB_QDISC: return used <= 1U && a[0] <= PL_LAB_QUEUE_MAX;
  default: return 0;
  }
}

int
LLVMFuzzerTestOneInput( uint8_t const * data, size_t sz ) {
  if( !sz ) return 0;
  unsigned const pairs = data[0] % ( PL_LAB_PAIRS_MAX + 1U );
  pl_lab_req_t   req   = { 0 };
  char const *   step  = NULL;
  int const      err   = pl_lab_check( data + 1, sz - 1UL, pairs, &step );
  HOLDS( step && strlen( step ) < sizeof( ( (pl_lab_rep_t *)0 )->step ) );
  HOLDS( err == 0 || err == EINVAL || err == EALREADY );
  HOLDS( !err == !step[0] );
  if( sz - 1UL == sizeof( req ) ) memcpy( &req, data + 1, sizeof( req ) );
  HOLDS( !err == ( req.magic == PL_LAB_MAGIC && allowed( &req, pairs ) ) );
  return 0;
}
