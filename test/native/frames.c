#include "frames.h"
#include "files.h"

#include <stdlib.h>
#include <string.h>

void
frame_fill( uint8_t * buf, unsigned long sz, uint64_t n, uint16_t ethertype ) {
  uint32_t x = (uint32_t)n * 2654435761U + 12345U;
  for( unsigned long i = 0UL; i < sz; i++ ) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    buf[i] = (uint8_t)x;
  }
  if( sz < 14UL ) return;
  buf[0]  = 0x02;
  buf[6]  = 0x02;
  buf[12] = (uint8_t)( ethertype >> 8 );
  buf[13] = (uint8_t)ethertype;
  if( ethertype != 0x0800 || sz < 42UL || sz > 65535UL - 14UL ) return;
  /* IPv4 and UDP to 127.0.0.1 port 9, which nobody listens at; good enough for a socket. */
  uint8_t const head[28] = { 0x45, 0, (uint8_t)( ( sz - 14UL ) >> 8 ), (uint8_t)( sz - 14UL ), 0, 0, 0, 0, 64, 17, 0, 0,
                             127, 0, 0, 1, 127, 0, 0, 1, 0xc0, 0, 0, 9, (uint8_t)( ( sz - 34UL ) >> 8 ), (uint8_t)( sz - 34UL ), 0, 0 };
  memcpy( buf + 14, head, sizeof( head ) );
}

void
frames_add( frames_t * self, uint8_t const * data, uint32_t sz, uint32_t origlen ) {
  if( self->cnt == self->cap ) {
    self->cap = self->cap ? 2UL * self->cap : 64UL;
    self->at  = realloc( self->at, self->cap * sizeof( frame_t ) );
  }
  frame_t * f = &self->at[self->cnt++];
  *f          = (frame_t){ .data = malloc( sz + 1UL ), .sz = sz, .origlen = origlen };
  if( sz ) memcpy( f->data, data, sz );
}

void
frames_free( frames_t * self ) {
  for( unsigned long i = 0UL; i < self->cnt; i++ ) free( self->at[i].data );
  free( self->at );
  memset( self, 0, sizeof( *self ) );
}

int
frames_match( frames_t const * self, unsigned long i, unsigned long sz, uint64_t n ) {
  static uint8_t want[65536];
  if( i >= self->cnt || self->at[i].sz != sz ) return 0;
  frame_fill( want, sz, n, 0x0800 );
  return !memcmp( want, self->at[i].data, sz );
}

static uint32_t
get32( uint8_t const * p ) {
  uint32_t v;
  memcpy( &v, p, 4UL );
  return v;
}

int
frames_load( frames_t * self, char const * path ) {
  unsigned long sz;
  uint8_t *     bytes = file_read( path, &sz );
  if( !bytes ) return 0;
  unsigned long at = 0UL;
  while( at + 12UL <= sz ) {
    uint32_t type = get32( bytes + at );
    uint32_t len  = get32( bytes + at + 4 );
    if( len < 12U || len % 4U || len > sz - at || get32( bytes + at + len - 4U ) != len ) break;
    if( at == 0UL && ( type != 0x0a0d0d0aU || get32( bytes + 8 ) != 0x1a2b3c4dU ) ) break;
    if( type == 6U ) {
      uint32_t cap = get32( bytes + at + 20 );
      if( cap > len - 32U ) break;
      frames_add( self, bytes + at + 28, cap, get32( bytes + at + 24 ) );
    }
    at += len;
  }
  free( bytes );
  return at == sz && sz > 0UL;
}
