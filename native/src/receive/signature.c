#include "pl_signature.h"

#include <string.h>

static unsigned
be16( uint8_t const * p ) {
  return (unsigned)p[0] << 8 | p[1];
}

static void
put16( uint8_t * p, unsigned v ) {
  p[0] = (uint8_t)( v >> 8 );
  p[1] = (uint8_t)v;
}

/* Between this machine's order and that of the network. */
static uint64_t
turned( uint64_t v ) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return __builtin_bswap64( v );
#else
  return v;
#endif
}

static void
put64( uint8_t * p, uint64_t v ) {
  uint64_t const net = turned( v );
  memcpy( p, &net, sizeof( net ) );
}

static uint64_t
get64( uint8_t const * p ) {
  uint64_t net;
  memcpy( &net, p, sizeof( net ) );
  return turned( net );
}

static unsigned
folded( uint64_t sum ) {
  sum = ( sum & 0xffffffffUL ) + ( sum >> 32 );
  sum = ( sum & 0xffffUL ) + ( sum >> 16 );
  sum = ( sum & 0xffffUL ) + ( sum >> 16 );
  return (unsigned)( ( sum & 0xffffUL ) + ( sum >> 16 ) );
}

static unsigned
swapped( unsigned v ) {
  return ( v & 0xffU ) << 8 | v >> 8;
}

/* The ones' complement sum of the 12 words at p, as big-endian words. */
static unsigned
sum_of( uint8_t const * p ) {
  uint64_t sum = 0UL;
  for( unsigned i = 0U; i < 3U; i++ ) {
    uint64_t v = get64( p + 8U * i );
    sum += ( v >> 32 ) + ( v & 0xffffffffUL );
  }
  return folded( sum );
}

/* What is behind the header at p: the layers are peeled one by one. */
typedef struct {
  uint8_t const *        frame;
  unsigned long          p, end; /* of what is not read yet */
  unsigned long          sum_from; /* where the words of the checksum begin */
  pl_signature_place_t * place;
} walk_t;

enum { BROKEN, PAYLOAD, ETHERNET, IPV4, IPV6, TRANSPORT };

static int
room( walk_t const * w, unsigned long n ) {
  return w->end - w->p >= n;
}

/* Names what an EtherType announces. */
static int
behind_ethernet( walk_t * w ) {
  if( !room( w, 14UL ) ) return BROKEN;
  unsigned type = be16( w->frame + w->p + 12UL );
  w->p += 14UL;
  while( type == 0x8100U || type == 0x88a8U || type == 0x9100U ) {
    if( !room( w, 4UL ) ) return BROKEN;
    type = be16( w->frame + w->p + 2UL );
    w->p += 4UL;
  }
  if( type == 0x0800U ) return IPV4;
  if( type == 0x86ddU ) return IPV6;
  if( type == 0x0806U ) return BROKEN; /* ARP has no payload */
  if( type >= 0x0600U ) return PAYLOAD;
  if( !room( w, type ) ) return BROKEN;
  w->end = w->p + type; /* IEEE 802.3: a length */
  return PAYLOAD;
}

static int
behind_ipv4( walk_t * w, unsigned * proto ) {
  uint8_t const * h = w->frame + w->p;
  if( !room( w, 20UL ) || h[0] >> 4 != 4 ) return BROKEN;
  unsigned long ihl = ( h[0] & 15UL ) * 4UL, total = be16( h + 2 );
  int           fragment = ( be16( h + 6 ) & 0x3fffU ) != 0U; /* its checksum covers bytes of other frames */
  if( ihl < 20UL || total < ihl || !room( w, total ) || fragment ) return BROKEN;
  *proto = h[9];
  w->end = w->p + total;
  w->p += ihl;
  return TRANSPORT;
}

static int
behind_ipv6( walk_t * w, unsigned * proto ) {
  uint8_t const * h = w->frame + w->p;
  if( !room( w, 40UL ) || h[0] >> 4 != 6 ) return BROKEN;
  unsigned long length = be16( h + 4 );
  *proto               = h[6];
  w->p += 40UL;
  if( !room( w, length ) ) return BROKEN;
  w->end = w->p + length;
  while( *proto == 0U || *proto == 43U || *proto == 60U ) { /* hop-by-hop, routing, destination options */
    if( !room( w, 8UL ) ) return BROKEN;
    unsigned long sz = ( w->frame[w->p + 1UL] + 1UL ) * 8UL;
    *proto           = w->frame[w->p];
    if( !room( w, sz ) ) return BROKEN;
    w->p += sz;
  }
  return *proto == 44U || *proto == 59U ? BROKEN : TRANSPORT; /* a fragment; nothing follows */
}

/* The header at p has its checksum so far behind its start. */
static void
covered( walk_t * w, unsigned long at, int udp ) {
  w->sum_from          = w->p;
  w->place->sum_at     = (uint16_t)( w->p + at );
  w->place->never_zero = (uint8_t)udp;
}

static int
behind_udp( walk_t * w ) {
  uint8_t const * h = w->frame + w->p;
  if( !room( w, 8UL ) ) return BROKEN;
  unsigned long length = be16( h + 4 );
  if( length < 8UL || !room( w, length ) ) return BROKEN;
  w->end = w->p + length;
  if( be16( h + 6 ) ) covered( w, 6UL, 1 );
  w->p += 8UL;
  if( be16( h + 2 ) != 4789U ) return PAYLOAD;
  if( !room( w, 8UL ) ) return BROKEN;
  w->p += 8UL; /* VXLAN */
  return ETHERNET;
}

static int
behind_transport( walk_t * w, unsigned proto ) {
  uint8_t const * h = w->frame + w->p;
  int const       echo4 = proto == 1U, echo6 = proto == 58U;
  if( proto == 17U ) return behind_udp( w );
  if( proto == 4U ) return IPV4;
  if( proto == 41U ) return IPV6;
  if( proto == 6U ) {
    unsigned long off = room( w, 20UL ) ? ( h[12] >> 4 ) * 4UL : 0UL;
    if( off < 20UL || !room( w, off ) ) return BROKEN;
    covered( w, 16UL, 0 );
    w->p += off;
  } else if( echo4 || echo6 ) {
    if( !room( w, 8UL ) ) return BROKEN;
    int echo = echo4 ? h[0] == 0 || h[0] == 8 : h[0] == 128 || h[0] == 129;
    if( !echo ) return BROKEN; /* others quote packets or have a form of their own */
    covered( w, 2UL, 0 );
    w->p += 8UL;
  }
  return PAYLOAD;
}

int
pl_signature_find( uint8_t const * frame, unsigned long sz, pl_signature_place_t * place ) {
  walk_t   w     = { .frame = frame, .end = sz, .place = place };
  unsigned proto = 0U;
  int      next  = sz <= UINT16_MAX ? ETHERNET : BROKEN;
  *place         = (pl_signature_place_t){ 0 };
  while( next > PAYLOAD ) {
    switch( next ) {
    case ETHERNET: next = behind_ethernet( &w ); break;
    case IPV4: next = behind_ipv4( &w, &proto ); break;
    case IPV6: next = behind_ipv6( &w, &proto ); break;
    default: next = behind_transport( &w, proto ); break;
    }
  }
  if( next == BROKEN || !room( &w, PL_SIGNATURE_SZ ) ) {
    *place = (pl_signature_place_t){ 0 };
    return 0;
  }
  place->at  = (uint16_t)( w.end - PL_SIGNATURE_SZ );
  place->odd = (uint8_t)( ( place->at - w.sum_from ) & 1UL );
  return 1;
}

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m'); the new sum m' is 0xffff, which is zero. */
static void
mend( uint8_t * sum, unsigned old, int never_zero ) {
  unsigned now = ~folded( ( ~be16( sum ) & 0xffffU ) + ( ~old & 0xffffU ) ) & 0xffffU;
  put16( sum, !now && never_zero ? 0xffffU : now );
}

void
pl_signature_write( uint8_t * frame, pl_signature_place_t const * place, pl_signature_t const * signature ) {
  uint8_t * p   = frame + place->at;
  unsigned  old = place->sum_at ? sum_of( p ) : 0U;
  put64( p, (uint64_t)PL_SIGNATURE_MAGIC << 32 | (uint64_t)signature->stream << 16 );
  put64( p + 8, signature->seq );
  put64( p + 16, signature->t_ns );
  put16( p + 6, ~sum_of( p ) & 0xffffU );
  if( place->sum_at ) mend( frame + place->sum_at, place->odd ? swapped( old ) : old, place->never_zero );
}

int
pl_signature_read( uint8_t const * frame, unsigned long sz, pl_signature_t * signature ) {
  pl_signature_place_t place;
  if( !pl_signature_find( frame, sz, &place ) ) return 0;
  uint8_t const * p    = frame + place.at;
  uint64_t const  head = get64( p );
  if( head >> 32 != PL_SIGNATURE_MAGIC || sum_of( p ) != 0xffffU ) return 0;
  *signature = (pl_signature_t){ .stream = (uint16_t)( head >> 16 ), .seq = get64( p + 8 ), .t_ns = get64( p + 16 ) };
  return 1;
}
