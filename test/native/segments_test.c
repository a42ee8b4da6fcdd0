/* Messages of many datagrams are cut into the frames they stand for, and checksums are
   completed: held against a checksum that is added up byte by byte (RFC 1071). */

#include "net/segments.h"
#include "tap.h"

#include <string.h>

#define ETHERNET (14UL)
#define UDP      (8UL)
#define FRAME_MAX (65535UL)

static uint8_t message[FRAME_MAX];
static uint8_t frame[FRAME_MAX];

static unsigned
word( uint8_t const * p ) {
  return (unsigned)( p[0] << 8 | p[1] );
}

/* The sum of 16 bit words in network order, folded; an odd byte counts as the first of two. */
static unsigned
sum_of( uint8_t const * p, unsigned long sz, unsigned sum ) {
  for( unsigned long i = 0UL; i < sz; i++ ) {
    sum += i & 1UL ? p[i] : (unsigned)p[i] << 8;
    sum = ( sum & 0xffffU ) + ( sum >> 16 );
  }
  return sum;
}

/* A message with ip bytes of IP header and payload bytes behind the UDP header.  Returns its bytes. */
static unsigned long
make( unsigned long ip, int ipv6, unsigned long payload ) {
  unsigned long const udp = ETHERNET + ip, sz = udp + UDP + payload;
  for( unsigned long i = 0UL; i < sz; i++ ) message[i] = (uint8_t)( i * 7UL + ( i >> 8 ) );
  message[12] = ipv6 ? 0x86 : 0x08;
  message[13] = ipv6 ? 0xdd : 0x00;
  message[14] = (uint8_t)( ipv6 ? 0x60 : 0x40 | ip / 4UL );
  if( !ipv6 ) message[ETHERNET + 9UL] = 17;
  return sz;
}

static struct virtio_net_hdr
to_cut( unsigned long ip, uint16_t size ) {
  return (struct virtio_net_hdr){ .gso_type   = 5, /* VIRTIO_NET_HDR_GSO_UDP_L4 */
                                  .gso_size   = size,
                                  .csum_start = (uint16_t)( ETHERNET + ip ) };
}

static void
check_cut( unsigned long ip, int ipv6, unsigned long payload, uint16_t size ) {
  unsigned long const   sz   = make( ip, ipv6, payload ), udp = ETHERNET + ip;
  struct virtio_net_hdr left = to_cut( ip, size );
  unsigned long const   want = ( payload + size - 1UL ) / size;
  unsigned long         done = 0UL;
  if( !CHECK_EQ( pl_segments( &left, message, sz ), want ) ) return;
  for( unsigned long i = 0UL; i < want; i++ ) {
    unsigned long const behind = payload - done, own = behind < size ? behind : size;
    CHECK_EQ( pl_segment_sz( &left, sz, i ), udp + UDP + own );
    memset( frame, 0xee, sizeof( frame ) );
    CHECK_EQ( pl_segment_write( &left, message, sz, i, frame ), udp + UDP + own );
    CHECK_EQ( frame[udp + UDP + own], 0xee );
    CHECK( !memcmp( frame + udp + UDP, message + udp + UDP + done, own ) );
    CHECK( !memcmp( frame, message, ETHERNET ) && !memcmp( frame + udp, message + udp, 4UL ) );
    CHECK_EQ( word( frame + udp + 4UL ), UDP + own );
    unsigned pseudo = 17U + (unsigned)( UDP + own );
    if( ipv6 ) {
      CHECK_EQ( word( frame + ETHERNET + 4UL ), UDP + own );
      pseudo = sum_of( frame + ETHERNET + 8UL, 32UL, pseudo );
    } else {
      CHECK_EQ( word( frame + ETHERNET + 2UL ), ip + UDP + own );
      CHECK_EQ( word( frame + ETHERNET + 4UL ), ( word( message + ETHERNET + 4UL ) + i ) & 0xffffUL );
      CHECK_EQ( sum_of( frame + ETHERNET, ip, 0U ), 0xffff );
      pseudo = sum_of( frame + ETHERNET + 12UL, 8UL, pseudo );
    }
    CHECK( word( frame + udp + 6UL ) );
    CHECK_EQ( sum_of( frame + udp, UDP + own, pseudo ), 0xffff );
    done += own;
  }
  CHECK_EQ( done, payload );
}

static void
cuts( void ) {
  unsigned long const payloads[] = { 1UL, 2UL, 17UL, 18UL, 63UL, 64UL, 65UL, 1471UL, 1472UL, 1473UL, 40001UL, 65000UL };
  uint16_t const      sizes[]    = { 1, 2, 17, 18, 512, 1471, 1472 };
  for( unsigned long p = 0UL; p < sizeof( payloads ) / sizeof( payloads[0] ); p++ )
    for( unsigned long s = 0UL; s < sizeof( sizes ) / sizeof( sizes[0] ); s++ ) {
      if( payloads[p] / sizes[s] > 1000UL ) continue;
      check_cut( 20UL, 0, payloads[p], sizes[s] );
      check_cut( 24UL, 0, payloads[p], sizes[s] );
      check_cut( 40UL, 1, payloads[p], sizes[s] );
    }
}

static void
whole( void ) {
  unsigned long const   sz   = make( 20UL, 0, 100UL );
  struct virtio_net_hdr left = to_cut( 20UL, 10 );
  CHECK_EQ( pl_segments( &left, message, sz ), 10 );
  CHECK_EQ( pl_segments( &left, message, ETHERNET + 20UL + UDP ), 1 );
  CHECK_EQ( pl_segments( &left, message, 13UL ), 1 );
  left.csum_start = ETHERNET + 24; /* the header says 20 */
  CHECK_EQ( pl_segments( &left, message, sz ), 1 );
  left.csum_start = 2;
  CHECK_EQ( pl_segments( &left, message, sz ), 1 );
  left          = to_cut( 20UL, 10 );
  left.gso_type = 1; /* of TCP */
  CHECK_EQ( pl_segments( &left, message, sz ), 1 );
  left = to_cut( 20UL, 0 );
  CHECK_EQ( pl_segments( &left, message, sz ), 1 );
  left        = to_cut( 20UL, 10 );
  message[12] = 0x88; /* neither IPv4 nor IPv6 */
  CHECK_EQ( pl_segments( &left, message, sz ), 1 );
}

static void
completes( void ) {
  for( unsigned long payload = 0UL; payload < 70UL; payload++ ) {
    unsigned long const   sz   = make( 20UL, 0, payload ), udp = ETHERNET + 20UL;
    struct virtio_net_hdr left = { .flags       = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                   .csum_start  = (uint16_t)udp,
                                   .csum_offset = 6 };
    unsigned const pseudo = sum_of( message + ETHERNET + 12UL, 8UL, 17U + (unsigned)( UDP + payload ) );
    message[udp + 6UL] = (uint8_t)( pseudo >> 8 );
    message[udp + 7UL] = (uint8_t)pseudo;
    memcpy( frame, message, sz );
    pl_checksum_complete( &left, frame, sz );
    CHECK_EQ( sum_of( frame + udp, sz - udp, pseudo ), 0xffff );
    frame[udp + 6UL] = message[udp + 6UL];
    frame[udp + 7UL] = message[udp + 7UL];
    CHECK( !memcmp( frame, message, sz ) );
    left.flags = 0;
    pl_checksum_complete( &left, frame, sz );
    CHECK( !memcmp( frame, message, sz ) );
    left.flags       = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    left.csum_offset = (uint16_t)( sz - udp - 1UL ); /* half of the field is behind the end */
    pl_checksum_complete( &left, frame, sz );
    CHECK( !memcmp( frame, message, sz ) );
  }
}

int
main( void ) {
  tap_run( "a message is cut into its datagrams, each with its lengths and checksums", cuts );
  tap_run( "what is no message of datagrams goes whole", whole );
  tap_run( "a checksum that was left to the device is completed, and nothing else is touched", completes );
  return tap_end();
}
