#include "backend/udp_frame.h"

#include <string.h>
#include <sys/socket.h>

#define PROTO_HOPOPT   (0U)
#define PROTO_UDP      (17U)
#define PROTO_ROUTING  (43U)
#define PROTO_FRAGMENT (44U)
#define PROTO_DSTOPTS  (60U)

static unsigned
be16( uint8_t const * p ) {
  return (unsigned)p[0] << 8 | p[1];
}

/* The UDP header at p with len bytes of IP payload. */
static int
read_udp( uint8_t const * p, unsigned long len, pl_udp_frame_t * out ) {
  if( len < 8UL ) return PL_UDP_SHORT;
  unsigned udp_len = be16( p + 4 );
  if( udp_len < 8U || udp_len > len ) return PL_UDP_LENGTH;
  memcpy( &out->port, p + 2, 2UL );
  out->payload    = p + 8;
  out->payload_sz = (uint16_t)( udp_len - 8U );
  return PL_UDP_OK;
}

static int
read_ip4( uint8_t const * p, unsigned long len, struct in_addr const lab[2], pl_udp_frame_t * out ) {
  if( len < 20UL ) return PL_UDP_SHORT;
  unsigned head  = ( p[0] & 0xfU ) * 4U;
  unsigned total = be16( p + 2 );
  if( p[0] >> 4 != 4U || head < 20U ) return PL_UDP_NOT_UDP;
  if( total > len || head > total ) return PL_UDP_SHORT;
  if( be16( p + 6 ) & 0x3fffU ) return PL_UDP_FRAGMENT; /* MF or an offset */
  if( p[9] != PROTO_UDP ) return PL_UDP_NOT_UDP;
  struct in_addr dst;
  memcpy( &dst, p + 16, 4UL );
  int in_lab = lab[0].s_addr && ( dst.s_addr == lab[0].s_addr || dst.s_addr == lab[1].s_addr );
  if( p[16] != 127U && !in_lab ) return PL_UDP_DESTINATION;
  out->family = AF_INET;
  memcpy( &out->dst, p + 16, 4UL );
  return read_udp( p + head, total - head, out );
}

static int
read_ip6( uint8_t const * p, unsigned long len, pl_udp_frame_t * out ) {
  if( len < 40UL ) return PL_UDP_SHORT;
  if( p[0] >> 4 != 6U ) return PL_UDP_NOT_UDP;
  unsigned long left = be16( p + 4 );
  if( left > len - 40UL ) return PL_UDP_SHORT;
  unsigned        next = p[6];
  uint8_t const * at   = p + 40;
  while( next == PROTO_HOPOPT || next == PROTO_ROUTING || next == PROTO_DSTOPTS ) {
    if( left < 8UL ) return PL_UDP_SHORT;
    unsigned long ext = ( at[1] + 1UL ) * 8UL;
    if( ext > left ) return PL_UDP_SHORT;
    next = at[0];
    at += ext;
    left -= ext;
  }
  if( next == PROTO_FRAGMENT ) return PL_UDP_FRAGMENT;
  if( next != PROTO_UDP ) return PL_UDP_NOT_UDP;
  if( memcmp( p + 24, &in6addr_loopback, 16UL ) ) return PL_UDP_DESTINATION;
  out->family = AF_INET6;
  memcpy( &out->dst, p + 24, 16UL );
  return read_udp( at, left, out );
}

int
pl_udp_frame( uint8_t const * buf, unsigned long buf_sz, struct in_addr const lab[2], pl_udp_frame_t * out ) {
  unsigned long at = 12UL;
  if( buf_sz < 14UL ) return PL_UDP_SHORT;
  while( be16( buf + at ) == 0x8100U || be16( buf + at ) == 0x88a8U ) {
    at += 4UL;
    if( buf_sz < at + 2UL ) return PL_UDP_SHORT;
  }
  unsigned type = be16( buf + at );
  at += 2UL;
  if( type == 0x0800U ) return read_ip4( buf + at, buf_sz - at, lab, out );
  if( type == 0x86ddU ) return read_ip6( buf + at, buf_sz - at, out );
  return PL_UDP_NOT_UDP;
}
