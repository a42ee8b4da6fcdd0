/* opened.h: short ways to open backends and to send, for tests of one backend. */

#ifndef TEST_OPENED_H
#define TEST_OPENED_H

#include "pl_backend.h"

/* Opens a loopback with options given as name, value pairs, NULL at the end:
   open_loopback( "ring", 8.0, "drain", 0.0, NULL ).  A failure is a failed
   check. */
pl_backend_t * open_loopback( char const * name, ... );

/* Opens a capture file for writing; limit 0 and snaplen 0 leave the defaults. */
pl_backend_t * open_pcapng( char const * path, double limit, double snaplen );

/* Has the far end of a loopback write to path. */
void record_peer( pl_backend_t * loopback, char const * path );

/* Sends frames first, first+1 ... (n of them, each of sz bytes, made by
   frame_fill).  *taken is how many were taken.  Returns the code. */
int send_frames( pl_backend_t * b, uint64_t first, unsigned long n, unsigned long sz, int flush, unsigned long * taken );

/* The sentence of the last refusal. */
char const * cause_of( pl_backend_t const * b );

#endif /* TEST_OPENED_H */
