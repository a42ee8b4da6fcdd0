/* What a request must be like before anything is done about it. Pure. */

#include "pl_lab.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* How many arguments an op has; the others are 0. */
static unsigned const arg_cnt[PL_LAB_OP_END] = {
    [PL_LAB_HELLO] = 2U,  [PL_LAB_PORT] = 0U,   [PL_LAB_PACKET] = 1U, [PL_LAB_XDP] = 3U,
    [PL_LAB_TAP] = 1U,    [PL_LAB_UDP] = 1U,    [PL_LAB_LINK] = 1U,   [PL_LAB_DELETE] = 0U,
    [PL_LAB_CREATE] = 1U, [PL_LAB_MTU] = 1U,    [PL_LAB_CARRIER] = 1U, [PL_LAB_QDISC] = 1U,
    [PL_LAB_LOOK] = 0U };

static int
mtu_fits( uint32_t mtu ) {
  return mtu >= PL_LAB_MTU_MIN && mtu <= PL_LAB_MTU_MAX;
}

/* What is wrong with the arguments of a request whose op is known; NULL = nothing. */
static char const *
check_args( pl_lab_req_t const * req ) {
  uint32_t const * a = req->arg;
  for( unsigned i = arg_cnt[req->op]; i < PL_LAB_ARGS; i++ )
    if( a[i] ) return "arguments";
  switch( req->op ) {
  case PL_LAB_HELLO:
    if( !a[0] || a[0] > PL_LAB_PAIRS_MAX ) return "pairs";
    return mtu_fits( a[1] ) ? NULL : "mtu";
  case PL_LAB_PACKET: return a[0] <= UINT16_MAX ? NULL : "EtherType";
  case PL_LAB_XDP:
    if( !a[0] || a[0] > PL_LAB_FRAMES_MAX ) return "frames";
    if( a[1] < 2U || a[1] > PL_LAB_SLOTS_MAX || ( a[1] & ( a[1] - 1U ) ) ) return "slots";
    return a[2] <= 1U ? NULL : "zero-copy";
  case PL_LAB_UDP: return a[0] == AF_INET || a[0] == AF_INET6 ? NULL : "family";
  case PL_LAB_TAP:
  case PL_LAB_CREATE:
  case PL_LAB_MTU: return mtu_fits( a[0] ) ? NULL : "mtu";
  case PL_LAB_LINK: return a[0] <= 1U ? NULL : "link";
  case PL_LAB_CARRIER: return a[0] <= 1U ? NULL : "carrier";
  case PL_LAB_QDISC: return a[0] <= PL_LAB_QUEUE_MAX ? NULL : "queue";
  default: return NULL;
  }
}

/* Ops that make no sense on a TAP device. */
static int
ends_only( uint16_t op ) {
  return op == PL_LAB_XDP || op == PL_LAB_UDP || op == PL_LAB_CREATE || op == PL_LAB_HELLO;
}

int
pl_lab_check( void const * bytes, unsigned long sz, unsigned pairs, char const ** step ) {
  pl_lab_req_t req;
  char const * bad = NULL;
  if( sz != sizeof( req ) ) {
    *step = "request size";
    return EINVAL;
  }
  memcpy( &req, bytes, sizeof( req ) );
  if( req.magic != PL_LAB_MAGIC )
    bad = "magic";
  else if( !req.op || req.op >= PL_LAB_OP_END )
    bad = "op";
  else if( req.end > PL_LAB_END_B )
    bad = "end";
  else if( req.device > PL_LAB_TUN || ( req.device == PL_LAB_TUN && ends_only( req.op ) ) )
    bad = "device";
  else if( req.op == PL_LAB_HELLO && pairs ) {
    *step = "hello";
    return EALREADY;
  } else if( req.op == PL_LAB_HELLO ? req.pair || req.end : req.pair >= pairs )
    bad = "pair";
  else
    bad = check_args( &req );
  *step = bad ? bad : "";
  return bad ? EINVAL : 0;
}
