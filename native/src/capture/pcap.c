/* pcap: a 24-byte file header, then records of 16 bytes and the frame. */

#include "capture/reader.h"

#define HEADER_SZ (24UL)
#define RECORD_SZ (16UL)

/* No frame on any link is larger; more means that the file is damaged. */
#define SANE_MAX (0x10000000U)

int
pl_pcap_header( pl_capture_t * self ) {
  if( pl_capture_need( self, HEADER_SZ ) != 1 )
    return pl_capture_damaged( self, 0UL, "should be a file header of 24 bytes and the file ends after %lu",
                               self->len - self->at );
  uint16_t major = rd16( self, self->buf + 4 );
  if( major != 2U ) return pl_capture_damaged( self, 0UL, "says pcap version %u; only version 2 is known", major );
  self->link = (uint16_t)rd32( self, self->buf + 20 ); /* the upper half tells about the FCS */
  self->at += HEADER_SZ;
  return 0;
}

int
pl_pcap_next( pl_capture_t * self, pl_frame_t * frame ) {
  uint64_t start = pl_capture_pos( self );
  int      got   = pl_capture_need( self, RECORD_SZ );
  if( got == 0 ) return 0;
  if( got < 0 )
    return pl_capture_damaged( self, start, "is cut short: a record header has 16 bytes and the file ends after %lu",
                               self->len - self->at );
  uint8_t const * p      = self->buf + self->at;
  uint32_t        caplen = rd32( self, p + 8 );
  if( caplen > SANE_MAX )
    return pl_capture_damaged( self, start, "claims a frame of %u bytes, more than any link carries", caplen );
  uint64_t sec   = rd32( self, p );
  uint64_t frac  = rd32( self, p + 4 );
  frame->ts_ns   = sec * 1000000000UL + frac * ( self->nano ? 1UL : 1000UL );
  frame->no_time = 0;
  frame->caplen  = caplen;
  frame->origlen = rd32( self, p + 12 );
  frame->link    = self->link;
  frame->offset  = start + RECORD_SZ;
  self->at += RECORD_SZ;
  if( caplen > PL_CAPTURE_FRAME_MAX ) {
    frame->data = NULL;
    if( !pl_capture_skip( self, caplen ) ) return 1;
  } else if( !caplen || pl_capture_need( self, caplen ) == 1 ) {
    frame->data = self->buf + self->at;
    self->at += caplen;
    return 1;
  }
  return pl_capture_damaged( self, start, "is cut short: its frame has %u bytes and the file ends within it", caplen );
}
