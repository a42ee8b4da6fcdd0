#include "files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char  folder[64];
static pid_t owner;

static int
remove_one( char const * path, struct stat const * st, int flag, struct FTW * ftw ) {
  (void)st, (void)flag, (void)ftw;
  return remove( path );
}

static void
remove_folder( void ) {
  if( getpid() == owner ) nftw( folder, remove_one, 16, FTW_DEPTH | FTW_PHYS );
}

char const *
files_folder( void ) {
  if( !folder[0] ) {
    snprintf( folder, sizeof( folder ), "/tmp/packet-lab-test-XXXXXX" );
    owner = getpid();
    if( mkdtemp( folder ) ) atexit( remove_folder );
  }
  return folder;
}

char const *
files_path( char const * name ) {
  static char     paths[8][128];
  static unsigned next;
  char *          path = paths[next++ % 8U];
  snprintf( path, sizeof( paths[0] ), "%s/%s", files_folder(), name );
  return path;
}

char const *
files_new( void ) {
  static unsigned count;
  char            name[64];
  snprintf( name, sizeof( name ), "file%u.%d", count++, (int)getpid() ); /* children name their own */
  return files_path( name );
}

uint8_t *
file_read( char const * path, unsigned long * sz ) {
  FILE * file = fopen( path, "rb" );
  if( !file ) return NULL;
  unsigned long cap = 1UL << 16, len = 0UL;
  uint8_t *     bytes = malloc( cap );
  for( ;; ) {
    unsigned long got = fread( bytes + len, 1UL, cap - len, file );
    len += got;
    if( len < cap ) break;
    cap *= 2UL;
    bytes = realloc( bytes, cap );
  }
  fclose( file );
  *sz = len;
  return bytes;
}

int
file_write( char const * path, void const * data, unsigned long sz ) {
  FILE * file = fopen( path, "wb" );
  if( !file ) return 0;
  int ok = !sz || fwrite( data, 1UL, sz, file ) == sz;
  return !fclose( file ) && ok;
}

long
file_sz( char const * path ) {
  struct stat st;
  return stat( path, &st ) ? -1L : (long)st.st_size;
}
