/* captured.h: a capture read to its end by the reader under test. */

#ifndef TEST_CAPTURED_H
#define TEST_CAPTURED_H

#include "frames.h"
#include "pl_capture.h"

/* More frames than this are not read: a damaged file must not keep a test busy. */
#define CAPTURED_MAX (5000UL)

typedef struct {
  int        opened;
  pl_err_t   err;     /* when it was not */
  int        format;
  frames_t   frames;  /* a frame without bytes has data "" */
  uint64_t   ts_ns[CAPTURED_MAX];
  uint64_t   offset[CAPTURED_MAX];
  uint16_t   link[CAPTURED_MAX];
  uint8_t    no_data[CAPTURED_MAX];
  int        end;     /* 0 or -1 */
  char       problem[PL_SENTENCE_MAX];
} captured_t;

/* Reads the capture at path, to be deleted.  Checks what holds for any: the end
   stays the end, a problem has a sentence, the bytes lie where offset says. */
captured_t * captured_read( char const * path );
void         captured_delete( captured_t * self );

/* The same for bytes, and for test/fixtures/captures/NAME. */
captured_t * captured_bytes( void const * bytes, unsigned long sz );
captured_t * captured_fixture( char const * name );

/* The path of a fixture, valid until the next call. */
char const * fixture_path( char const * name );

/* Whether the first n frames of both are the same bytes. */
int captured_same( captured_t const * a, captured_t const * b, unsigned long n );

#endif /* TEST_CAPTURED_H */
