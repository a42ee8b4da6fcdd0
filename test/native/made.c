#include "made.h"

#include <stdlib.h>
#include <string.h>

void
made_put( made_t * m, void const * data, unsigned long sz ) {
  if( m->sz + sz > m->cap ) {
    m->cap   = 2UL * ( m->sz + sz );
    m->bytes = realloc( m->bytes, m->cap );
  }
  if( data ) memcpy( m->bytes + m->sz, data, sz );
  else memset( m->bytes + m->sz, 0x5a, sz );
  m->sz += sz;
}

void
made_32( made_t * m, uint32_t v ) {
  if( m->swap ) v = __builtin_bswap32( v );
  made_put( m, &v, 4UL );
}

void
made_16( made_t * m, uint16_t v ) {
  if( m->swap ) v = __builtin_bswap16( v );
  made_put( m, &v, 2UL );
}

void
made_pcap_header( made_t * m, uint32_t magic, uint32_t link ) {
  made_32( m, magic );
  made_16( m, 2 );
  made_16( m, 4 );
  made_32( m, 0U );
  made_32( m, 0U );
  made_32( m, 262144U );
  made_32( m, link );
}

void
made_pcap_record( made_t * m, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t origlen ) {
  made_32( m, sec );
  made_32( m, frac );
  made_32( m, caplen );
  made_32( m, origlen );
  made_put( m, NULL, caplen );
}

void
made_section( made_t * m ) {
  made_32( m, 0x0a0d0d0aU );
  made_32( m, 28U );
  made_32( m, 0x1a2b3c4dU );
  made_16( m, 1 );
  made_16( m, 0 );
  made_put( m, "\xff\xff\xff\xff\xff\xff\xff\xff", 8UL );
  made_32( m, 28U );
}

void
made_interface( made_t * m, uint16_t link, uint32_t snaplen ) {
  made_32( m, 1U );
  made_32( m, 20U );
  made_16( m, link );
  made_16( m, 0 );
  made_32( m, snaplen );
  made_32( m, 20U );
}

void
made_epb( made_t * m, uint32_t iface, uint64_t stamp, uint32_t caplen, uint32_t extra ) {
  uint32_t padded = ( caplen + 3U ) & ~3U;
  uint32_t len    = 32U + padded + extra;
  made_32( m, 6U );
  made_32( m, len );
  made_32( m, iface );
  made_32( m, (uint32_t)( stamp >> 32 ) );
  made_32( m, (uint32_t)stamp );
  made_32( m, caplen );
  made_32( m, caplen );
  made_put( m, NULL, padded + extra );
  made_32( m, len );
}

captured_t *
made_read( made_t * m ) {
  captured_t * c = captured_bytes( m->bytes, m->sz );
  free( m->bytes );
  *m = (made_t){ .swap = m->swap };
  return c;
}
