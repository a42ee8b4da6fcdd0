#include "receive/signer.h"
#include "pl_run.h"

#include <stdlib.h>
#include <string.h>

_Static_assert( PL_SIGNER_BATCH == PL_BATCH_MAX, "every packet of a batch has its place" );

/* Copies begin at cache lines. */
#define LINE (64UL)

pl_signer_t *
pl_signer_new( void ) {
  return calloc( 1UL, sizeof( pl_signer_t ) );
}

void
pl_signer_delete( pl_signer_t * self ) {
  if( !self ) return;
  free( self->copies );
  free( self );
}

int
pl_signer_lay_out( pl_signer_t * self, pl_aio_pkt_info_t * batch, uint8_t const * buf, uint16_t sz ) {
  unsigned long pitch = ( sz + LINE - 1UL ) & ~( LINE - 1UL );
  self->copies        = pitch ? aligned_alloc( LINE, pitch * PL_SIGNER_BATCH ) : NULL;
  if( pitch && !self->copies ) return -1;
  for( unsigned long i = 0UL; i < PL_SIGNER_BATCH; i++ ) {
    uint8_t * copy = pitch ? self->copies + pitch * i : NULL;
    if( copy ) memcpy( copy, buf, sz );
    batch[i] = (pl_aio_pkt_info_t){ .buf = copy, .buf_sz = sz };
    pl_signer_place( self, i, copy, sz, 0, 0U );
  }
  return 0;
}

void
pl_signer_place( pl_signer_t * self, unsigned long i, uint8_t const * buf, uint64_t sz, int cut, uint16_t stream ) {
  self->stream[i] = (uint8_t)stream;
  if( cut ) self->place[i] = (pl_signature_place_t){ 0 };
  else (void)pl_signature_find( buf, sz, &self->place[i] );
}

void
pl_signer_sign( pl_signer_t * self, pl_aio_pkt_info_t const * batch, unsigned long from, unsigned long to,
                uint64_t now ) {
  for( unsigned long i = from; i < to; i++ ) {
    pl_signature_place_t const * place = &self->place[i];
    if( !place->at ) continue;
    uint8_t              stream = self->stream[i];
    pl_signature_t const s      = { .stream = stream, .seq = self->next[stream]++, .t_ns = now };
    pl_signature_write( batch[i].buf, place, &s );
  }
}

void
pl_signer_take_back( pl_signer_t * self, unsigned long from, unsigned long to ) {
  for( unsigned long i = from; i < to; i++ )
    if( self->place[i].at ) self->next[self->stream[i]]--;
}
