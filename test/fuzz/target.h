/* target.h: what every fuzz target offers.  libFuzzer calls it with inputs of its
   own, replay.c with those of the committed corpus. */

#ifndef TEST_TARGET_H
#define TEST_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput( uint8_t const * data, size_t sz );

/* What must hold for every input.  Ends the process where it does not. */
#define HOLDS( cond )                                                                 \
  do {                                                                                \
    if( !( cond ) ) {                                                                 \
      fprintf( stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond );     \
      abort();                                                                        \
    }                                                                                 \
  } while( 0 )

#endif /* TEST_TARGET_H */
