/* pl_capture.h: reads pcap (both byte orders, micro- and nanoseconds) and pcapng
   captures frame by frame through a bounded buffer.

   Sources: IETF draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. */

#ifndef PL_CAPTURE_H
#define PL_CAPTURE_H

#include "pl_backend.h"

#define PL_LINKTYPE_ETHERNET (1U)

#define PL_FORMAT_PCAP   (1)
#define PL_FORMAT_PCAPNG (2)

typedef struct pl_capture pl_capture_t;

typedef struct {
  uint8_t const * data;   /* caplen bytes, valid until the next call; NULL when caplen is over PL_CAPTURE_FRAME_MAX */
  uint32_t        caplen; /* bytes in the file */
  uint32_t        origlen; /* bytes on the link */
  uint64_t        ts_ns;  /* since the epoch; 0 when none was kept */
  int             no_time; /* none was kept (a pcapng simple packet block) */
  uint64_t        offset; /* of the frame's first byte in the file */
  uint16_t        link;   /* link type, see linktype_name */
} pl_frame_t;

/* A frame larger than this is reported without its bytes. */
#define PL_CAPTURE_FRAME_MAX (262144UL)

/* Opens the capture at path and reads its header.  NULL with err when it is not
   a regular file, empty, of unknown format or damaged in its header. */
pl_capture_t * pl_capture_open( char const * path, pl_err_t * err );
void           pl_capture_close( pl_capture_t * self );

/* Reads the next frame: 1, or 0 at the end of the file, or -1 where the file is
   damaged; what came before stays valid and pl_capture_problem says where and
   what.  After 0 or -1 it keeps returning the same. */
int          pl_capture_next( pl_capture_t * self, pl_frame_t * frame );
char const * pl_capture_problem( pl_capture_t const * self );

/* Starts over at the first frame.  0, or -1 when the file cannot be read any
   more (pl_capture_problem). */
int pl_capture_rewind( pl_capture_t * self );

int      pl_capture_format( pl_capture_t const * self );
uint64_t pl_capture_file_sz( pl_capture_t const * self ); /* when it was opened */

/* "Ethernet", "Linux cooked capture v1 (113)" ...; writes into buf. */
char const * pl_linktype_name( uint16_t link, char * buf, unsigned long buf_sz );

#endif /* PL_CAPTURE_H */
