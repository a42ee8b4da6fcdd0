#include "opened.h"
#include "frames.h"
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>

pl_backend_t *
open_loopback( char const * name, ... ) {
  pl_opt_t      opts[8];
  unsigned long cnt = 0UL;
  pl_err_t      err = { 0 };
  va_list       ap;
  va_start( ap, name );
  for( ; name && cnt < 8UL; name = va_arg( ap, char const * ) )
    opts[cnt++] = (pl_opt_t){ .name = name, .num = va_arg( ap, double ) };
  va_end( ap );
  pl_backend_t * b = pl_backend_open( "loopback", opts, cnt, 0, &err );
  if( !b ) CHECK_STR( err.sentence, "" );
  return b;
}

pl_backend_t *
open_pcapng( char const * path, double limit, double snaplen ) {
  pl_opt_t      opts[3] = { { .name = "file", .str = path } };
  unsigned long cnt     = 1UL;
  pl_err_t      err     = { 0 };
  if( limit > 0.0 ) opts[cnt++] = (pl_opt_t){ .name = "limit", .num = limit };
  if( snaplen > 0.0 ) opts[cnt++] = (pl_opt_t){ .name = "snaplen", .num = snaplen };
  pl_backend_t * b = pl_backend_open( "pcapng", opts, cnt, 0, &err );
  if( !b ) CHECK_STR( err.sentence, "" );
  return b;
}

void
record_peer( pl_backend_t * loopback, char const * path ) {
  pl_err_t       err  = { 0 };
  pl_backend_t * file = open_pcapng( path, 0.0, 0.0 );
  if( !file || pl_backend_set_peer_out( loopback, file, &err ) ) CHECK_STR( err.sentence, "" );
}

int
send_frames( pl_backend_t * b, uint64_t first, unsigned long n, unsigned long sz, int flush, unsigned long * taken ) {
  pl_aio_pkt_info_t * batch = aligned_alloc( PL_AIO_PKT_INFO_ALIGN, n * sizeof( pl_aio_pkt_info_t ) );
  uint8_t *           bytes = malloc( n * sz + 1UL );
  for( unsigned long i = 0UL; i < n; i++ ) {
    frame_fill( bytes + i * sz, sz, first + i, 0x0800 );
    batch[i] = (pl_aio_pkt_info_t){ .buf = bytes + i * sz, .buf_sz = (uint16_t)sz };
  }
  unsigned long idx  = n;
  int           code = pl_aio_send( &b->aio, batch, n, &idx, flush );
  if( taken ) *taken = idx;
  free( batch );
  free( bytes );
  return code;
}

char const *
cause_of( pl_backend_t const * b ) {
  static char text[PL_SENTENCE_MAX];
  b->def->cause_text( &b->cause, text, sizeof( text ) );
  return text;
}
