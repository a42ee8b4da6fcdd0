/* Runs a fuzz target on files, for compilers without libFuzzer: replay FILE...
   Prints TAP with one test; when it dies, the last comment names the input. */

#include "target.h"

int
main( int argc, char ** argv ) {
  for( int i = 1; i < argc; i++ ) {
    printf( "# %s\n", argv[i] );
    fflush( stdout );
    FILE * file = fopen( argv[i], "rb" );
    if( !file || fseek( file, 0L, SEEK_END ) ) return perror( argv[i] ), 1;
    long const sz = ftell( file );
    rewind( file );
    /* Exactly as large as the input, so that reading behind it is seen. */
    uint8_t * data = malloc( sz > 0L ? (size_t)sz : 1UL );
    if( sz < 0L || !data || fread( data, 1UL, (size_t)sz, file ) != (size_t)sz ) return perror( argv[i] ), 1;
    fclose( file );
    (void)LLVMFuzzerTestOneInput( data, (size_t)sz );
    free( data );
  }
  printf( "ok 1 - %d inputs of the corpus\n1..1\n", argc - 1 );
  return 0;
}
