/* reader.h: what the two capture formats share. */

#ifndef PL_READER_H
#define PL_READER_H

#include "pl_capture.h"

#include <string.h>

/* Interfaces a pcapng section may describe. */
#define PL_IFACE_MAX (65536UL)

typedef struct {
  uint16_t link;
  uint32_t snaplen;
  uint8_t  tsresol;  /* as in the if_tsresol option */
  int64_t  tsoffset; /* seconds */
  uint64_t tick_ns;  /* ns of a tick of its stamps; 0 = it is no whole number */
} pl_iface_t;

/* The buffer is a window of the file: byte i of it is at file offset base+i. */
struct pl_capture {
  int           fd;
  int           format;
  int           swap; /* the file (or section) is in the other byte order */
  int           ended; /* 1 while frames may come, 0 at the end, -1 damaged */
  uint64_t      file_sz;
  uint64_t      frames; /* read so far in this pass */
  uint64_t      base;
  unsigned long at, len; /* next unread byte and end of the window */
  uint8_t *     buf;

  /* pcap */
  int      nano;
  uint16_t link;
  uint64_t first; /* offset of the first record */

  /* pcapng: of the current section */
  pl_iface_t *  ifaces;
  unsigned long iface_cnt, iface_cap;

  char name[128]; /* for sentences */
  char problem[PL_SENTENCE_MAX];
};

static inline uint16_t
rd16( pl_capture_t const * self, uint8_t const * p ) {
  uint16_t v;
  memcpy( &v, p, 2UL );
  return self->swap ? __builtin_bswap16( v ) : v;
}

static inline uint32_t
rd32( pl_capture_t const * self, uint8_t const * p ) {
  uint32_t v;
  memcpy( &v, p, 4UL );
  return self->swap ? __builtin_bswap32( v ) : v;
}

static inline uint64_t
pl_capture_pos( pl_capture_t const * self ) {
  return self->base + self->at;
}

/* Reads on until n bytes are available; see pl_capture_need. */
int pl_capture_fill( pl_capture_t * self, unsigned long n );

/* Makes n bytes (at most the buffer) available at buf+at.  1; 0 when the file
   ends exactly here; -1 when it ends within them or cannot be read (problem is
   set for a read error only). */
static inline int
pl_capture_need( pl_capture_t * self, unsigned long n ) {
  return self->len - self->at >= n ? 1 : pl_capture_fill( self, n );
}

/* Moves n bytes on without reading them.  0, or -1 when the file is shorter. */
int pl_capture_skip( pl_capture_t * self, uint64_t n );

/* Marks the file as damaged at offset, with a sentence ending in what is kept.
   Returns -1. */
int pl_capture_damaged( pl_capture_t * self, uint64_t offset, char const * fmt, ... )
    __attribute__((format( printf, 3, 4 )));

int pl_pcap_header( pl_capture_t * self );
int pl_pcap_next( pl_capture_t * self, pl_frame_t * frame );
int pl_pcapng_next( pl_capture_t * self, pl_frame_t * frame );

#endif /* PL_READER_H */
