#include "net/segments.h"

#include <string.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define ETHERNET_SZ (14UL)
#define IPV4_SZ     (20UL)
#define IPV6_SZ     (40UL)
#define UDP_SZ      (8UL)

static unsigned
be16( uint8_t const * p ) {
  return (unsigned)p[0] << 8 | p[1];
}

static void
put16( uint8_t * p, unsigned long v ) {
  p[0] = (uint8_t)( v >> 8 );
  p[1] = (uint8_t)v;
}

/* Adds sz bytes to a sum of words in this machine's order (RFC 1071: the order does not
   matter as long as it is one). */
static uint64_t
add( uint64_t sum, uint8_t const * p, unsigned long sz ) {
  for( ; sz >= 4UL; p += 4, sz -= 4UL ) {
    uint32_t word;
    memcpy( &word, p, 4UL );
    sum += word;
  }
  uint8_t last[4] = { 0 };
  memcpy( last, p, sz );
  uint32_t word;
  memcpy( &word, last, 4UL );
  return sum + word;
}

/* Writes the checksum of a sum; where none is written as 0, that is 0xffff. */
static void
put_sum( uint8_t * to, uint64_t sum, int never_zero ) {
  while( sum >> 16 ) sum = ( sum & 0xffffUL ) + ( sum >> 16 );
  uint16_t folded = (uint16_t)~sum;
  if( !folded && never_zero ) folded = 0xffffU;
  memcpy( to, &folded, sizeof( folded ) );
}

static int
is_ipv4( uint8_t const * frame ) {
  return frame[12] == 0x08 && frame[13] == 0x00;
}

unsigned long
pl_segments( struct virtio_net_hdr const * left, uint8_t const * frame, unsigned long sz ) {
  unsigned long const udp = left->csum_start, headers = udp + UDP_SZ;
  int const           ipv6 = sz > ETHERNET_SZ && frame[12] == 0x86 && frame[13] == 0xdd;
  if( left->gso_type != VIRTIO_NET_HDR_GSO_UDP_L4 || !left->gso_size || sz <= headers ) return 1UL;
  if( udp < ETHERNET_SZ + ( ipv6 ? IPV6_SZ : IPV4_SZ ) || ( !ipv6 && !is_ipv4( frame ) ) ) return 1UL;
  if( !ipv6 && udp != ETHERNET_SZ + ( frame[ETHERNET_SZ] & 15UL ) * 4UL ) return 1UL;
  return ( sz - headers + left->gso_size - 1UL ) / left->gso_size;
}

unsigned long
pl_segment_sz( struct virtio_net_hdr const * left, unsigned long sz, unsigned long i ) {
  unsigned long const headers = left->csum_start + UDP_SZ;
  unsigned long const behind  = sz - headers - i * left->gso_size;
  return headers + ( behind < left->gso_size ? behind : left->gso_size );
}

unsigned long
pl_segment_write( struct virtio_net_hdr const * left, uint8_t const * frame, unsigned long sz, unsigned long i,
                  uint8_t * to ) {
  unsigned long const udp = left->csum_start, headers = udp + UDP_SZ;
  unsigned long const payload = pl_segment_sz( left, sz, i ) - headers;
  uint8_t *           ip      = to + ETHERNET_SZ;
  uint64_t            sum;
  memcpy( to, frame, headers );
  memcpy( to + headers, frame + headers + i * left->gso_size, payload );
  if( is_ipv4( frame ) ) {
    put16( ip + 2, headers + payload - ETHERNET_SZ );
    put16( ip + 4, be16( frame + ETHERNET_SZ + 4UL ) + i );
    put16( ip + 10, 0UL );
    put_sum( ip + 10, add( 0UL, ip, udp - ETHERNET_SZ ), 0 );
    sum = add( 0UL, ip + 12, 8UL );
  } else {
    put16( ip + 4, headers + payload - ETHERNET_SZ - IPV6_SZ );
    sum = add( 0UL, ip + 8, 32UL );
  }
  put16( to + udp + 4UL, UDP_SZ + payload );
  put16( to + udp + 6UL, 0UL );
  uint8_t const pseudo[4] = { 0, 17, to[udp + 4UL], to[udp + 5UL] };
  put_sum( to + udp + 6UL, add( add( sum, pseudo, sizeof( pseudo ) ), to + udp, UDP_SZ + payload ), 1 );
  return headers + payload;
}

void
pl_checksum_complete( struct virtio_net_hdr const * left, uint8_t * frame, unsigned long sz ) {
  unsigned long const from = left->csum_start, at = from + left->csum_offset;
  if( !( left->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ) || at + 2UL > sz ) return;
  /* The field holds the sum of the pseudo header. */
  put_sum( frame + at, add( 0UL, frame + from, sz - from ), 1 );
}
