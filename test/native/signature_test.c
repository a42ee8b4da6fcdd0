/* The signature of a packet: where it goes and what it leaves of the checksums, by the
   vectors that app/packet/signature.ts is tested with as well. */

#include "files.h"
#include "hash.h"
#include "pl_signature.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VECTORS "test/vectors/signature.txt"

typedef struct {
  uint8_t *     bytes; /* as long as they are, so that a byte too far is seen */
  unsigned long sz;
} frame_t;

static frame_t
frame_of( char const * hex ) {
  frame_t f = { .sz = strspn( hex, "0123456789abcdef" ) / 2UL };
  f.bytes   = malloc( f.sz + !f.sz );
  for( unsigned long i = 0UL; i < f.sz; i++ ) {
    char const two[3] = { hex[2UL * i], hex[2UL * i + 1UL], '\0' };
    f.bytes[i]        = (uint8_t)strtoul( two, NULL, 16 );
  }
  return f;
}

/* Signs the frame and compares it with what the codec computed from scratch. */
static void
check_signed( frame_t const * plain, char const * rest ) {
  unsigned             stream;
  int                  used = 0;
  pl_signature_t       s, back;
  pl_signature_place_t place;
  CHECK_EQ( sscanf( rest, "%u %" SCNu64 " %" SCNu64 " %n", &stream, &s.seq, &s.t_ns, &used ), 3 );
  s.stream    = (uint16_t)stream;
  frame_t want = frame_of( rest + used );
  frame_t got  = { .bytes = malloc( plain->sz ), .sz = plain->sz };
  memcpy( got.bytes, plain->bytes, got.sz );
  CHECK_EQ( want.sz, got.sz );
  CHECK( pl_signature_find( got.bytes, got.sz, &place ) );
  for( int twice = 0; twice < 2; twice++ ) { /* what is signed is signed again alike */
    pl_signature_write( got.bytes, &place, &s );
    CHECK( want.sz == got.sz && !memcmp( want.bytes, got.bytes, got.sz ) );
    CHECK( pl_signature_read( got.bytes, got.sz, &back ) );
    CHECK( back.stream == s.stream && back.seq == s.seq && back.t_ns == s.t_ns );
  }
  for( unsigned long bit = place.at * 8UL; bit < ( place.at + PL_SIGNATURE_SZ ) * 8UL; bit++ ) {
    got.bytes[bit / 8UL] ^= (uint8_t)( 1U << bit % 8UL );
    CHECK( !pl_signature_read( got.bytes, got.sz, &back ) );
    got.bytes[bit / 8UL] ^= (uint8_t)( 1U << bit % 8UL );
  }
  free( want.bytes );
  free( got.bytes );
}

static void
vectors( void ) {
  unsigned long sz   = 0UL;
  char *        text = (char *)file_read( VECTORS, &sz );
  if( !CHECK( text ) ) return;
  text             = realloc( text, sz + 1UL );
  text[sz]         = '\0';
  frame_t plain    = { 0 };
  int     frames   = 0, signed_cnt = 0;
  char *  rest     = NULL;
  for( char * line = strtok_r( text, "\n", &rest ); line; line = strtok_r( NULL, "\n", &rest ) ) {
    pl_signature_place_t place;
    unsigned             at, sum, odd;
    if( !strncmp( line, "frame ", 6UL ) ) {
      free( plain.bytes );
      plain = frame_of( line + 6 );
      frames++;
    } else if( sscanf( line, "place %u %u %u", &at, &sum, &odd ) == 3 ) {
      int ok = pl_signature_find( plain.bytes, plain.sz, &place ) && place.at == at && place.sum_at == sum;
      tap_check( ok && ( !sum || place.odd == odd ), VECTORS, frames, line );
    } else if( !strncmp( line, "none ", 5UL ) ) {
      tap_check( !pl_signature_find( plain.bytes, plain.sz, &place ) && !place.at, VECTORS, frames, line );
    } else if( !strncmp( line, "signed ", 7UL ) ) {
      check_signed( &plain, line + 7 );
      signed_cnt++;
    } else {
      CHECK( line[0] == '#' );
    }
  }
  CHECK( frames > 20 && signed_cnt > 50 );
  free( plain.bytes );
  free( text );
}

/* Frames with bytes turned and cut anywhere: a place lies within the frame, behind
   its checksum, and nothing else is touched. */
static void
damaged( void ) {
  unsigned long sz   = 0UL;
  char *        text = (char *)file_read( VECTORS, &sz );
  if( !CHECK( text ) ) return;
  text          = realloc( text, sz + 1UL );
  text[sz]      = '\0';
  uint64_t n    = 0UL;
  char *   rest = NULL;
  for( char * line = strtok_r( text, "\n", &rest ); line; line = strtok_r( NULL, "\n", &rest ) ) {
    if( strncmp( line, "frame ", 6UL ) ) continue;
    for( int i = 0; i < 2000; i++ ) {
      frame_t  f = frame_of( line + 6 );
      uint32_t r = pl_hash32( 5U, 0U, 0U, n++ );
      f.bytes[r % f.sz] = (uint8_t)( r >> 16 );
      f.bytes[( r >> 8 ) % f.sz] = (uint8_t)( r >> 24 );
      unsigned long   cut   = r % 3U ? f.sz : ( r >> 4 ) % ( f.sz + 1UL );
      uint8_t *       bytes = malloc( cut + !cut );
      uint8_t *       old   = malloc( cut + !cut );
      memcpy( bytes, f.bytes, cut );
      memcpy( old, bytes, cut );
      pl_signature_place_t place;
      pl_signature_t       s = { .stream = 7U, .seq = r, .t_ns = n };
      (void)pl_signature_read( bytes, cut, &s );
      if( pl_signature_find( bytes, cut, &place ) ) {
        CHECK( place.at >= 14U && place.at + PL_SIGNATURE_SZ <= cut && place.sum_at + 2UL <= place.at );
        pl_signature_write( bytes, &place, &s );
        for( unsigned long k = 0UL; k < cut; k++ ) {
          int own = ( k >= place.at && k < place.at + PL_SIGNATURE_SZ ) ||
                    ( place.sum_at && ( k == place.sum_at || k == place.sum_at + 1UL ) );
          if( !own ) CHECK_EQ( bytes[k], old[k] );
        }
      } else {
        CHECK( !place.at );
      }
      free( bytes );
      free( old );
      free( f.bytes );
    }
  }
  free( text );
}

int
main( void ) {
  tap_run( "the vectors", vectors );
  tap_run( "damaged frames", damaged );
  return tap_end();
}
