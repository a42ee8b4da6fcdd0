/* frames.h: frames made by number, lists of frames, and the frames in a pcapng
   file, read here without the reader under test. */

#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <stdint.h>

/* Fills sz bytes with frame number n: addresses 02:..., EtherType ethertype, and
   bytes that differ from frame to frame. */
void frame_fill( uint8_t * buf, unsigned long sz, uint64_t n, uint16_t ethertype );

typedef struct {
  uint8_t * data;
  uint32_t  sz, origlen;
} frame_t;

typedef struct {
  frame_t *     at;
  unsigned long cnt, cap;
} frames_t;

void frames_add( frames_t * self, uint8_t const * data, uint32_t sz, uint32_t origlen );
void frames_free( frames_t * self );

/* Whether frame i is what frame_fill makes of (sz, n, 0x0800). */
int frames_match( frames_t const * self, unsigned long i, unsigned long sz, uint64_t n );

/* Adds the frames of the pcapng file at path.  1 when the file holds whole
   blocks only, in this machine's byte order; else 0. */
int frames_load( frames_t * self, char const * path );

#endif /* TEST_FRAMES_H */
